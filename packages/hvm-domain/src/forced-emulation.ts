/**
 * Xen's forced emulation prefix: UD2 and the letters "xen" before an instruction send it to the hypervisor's emulator. There every
 * instruction is emulated anyway, so the prefix is skipped and what follows runs. For test programs that use it; off unless registered.
 *
 * Sources: Xen `xen/arch/x86/hvm/hvm.c` hvm_ud_intercept (option `hvm_fep`; the five bytes, at any privilege), `docs/misc/xen-command-line`.
 */
import type { ExceptionInterceptor } from "./exit-handlers.ts";
import { isWide } from "./hypercalls/caller.ts";

/** ud2a; .ascii "xen" */
const PREFIX = [0x0f, 0x0b, 0x78, 0x65, 0x6e];

/** For `registerExceptionInterceptor(Vector.UD, …)`. Other invalid instructions stay the guest's. */
export const forcedEmulation: ExceptionInterceptor = (vcpu) => {
  const wide = isWide(vcpu);
  const start = wide ? vcpu.rip : (vcpu.segment("cs").base + vcpu.rip) & 0xffff_ffffn;
  const { bytes } = vcpu.readLinear(start, PREFIX.length, { fetch: true });
  if (bytes.length < PREFIX.length || PREFIX.some((byte, index) => bytes[index] !== byte)) return "reinject";
  vcpu.rip = BigInt.asUintN(wide ? 64 : 32, vcpu.rip + BigInt(PREFIX.length));
  return "handled";
};
