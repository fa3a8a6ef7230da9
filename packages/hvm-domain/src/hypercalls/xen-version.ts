/**
 * xen_version: what hypervisor this is.
 *
 * Sources: Xen `xen/include/public/version.h` (commands and their structures), `features.h` (bits of submap 0).
 */
import { type Caller, commandCall, failure, PAGE_SIZE } from "./hypercall.ts";

/** auto_translated_physmap (2), hvm_callback_vector (8), hvm_safe_pvclock (9), memory_op_vnode_supported (13). */
const FEATURES = (1 << 2) | (1 << 8) | (1 << 9) | (1 << 13);

const CAPABILITIES = "hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ";
const COMPILE_INFO = [
  ["TypeScript", 64],
  ["simulated", 16],
  ["hvm-domain", 32],
  ["", 32],
] as const;

function text(...fields: readonly (readonly [string, number])[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [, length]) => sum + length, 0));
  let at = 0;
  for (const [value, length] of fields) {
    bytes.set(new TextEncoder().encode(value).subarray(0, length - 1), at);
    at += length;
  }
  return bytes;
}

const copy =
  (bytes: Uint8Array) =>
  ({ args: [, address], write }: Caller): number =>
    write(address, bytes) ? 0 : failure("EFAULT");

export const xenVersion = commandCall(17, "xen_version", {
  0: (_, { version }) => (version.major << 16) | version.minor,
  1: copy(text([".0", 16])),
  2: copy(text(...COMPILE_INFO)),
  3: copy(text([CAPABILITIES, 1024])),
  4: copy(text(["unavailable", 64])),
  // xen_platform_parameters: virt_start, which an HVM guest has no use for.
  5: ({ args: [, address], wide, writeNumber }) => (writeNumber(address, wide ? 8 : 4, 0n) ? 0 : failure("EFAULT")),
  6({ args: [, address], read, writeNumber }) {
    const submap = read(address, 8)?.getUint32(0, true);
    if (submap === undefined) return failure("EFAULT");
    if (submap !== 0) return failure("EINVAL");
    return writeNumber(address + 4n, 4, BigInt(FEATURES)) ? 0 : failure("EFAULT");
  },
  7: () => PAGE_SIZE,
  8({ args: [, address], write }, { domain }) {
    const handle = new Uint8Array(16);
    handle[15] = domain.domid & 0xff;
    return write(address, handle) ? 0 : failure("EFAULT");
  },
  9: copy(new Uint8Array(1024)),
  10: () => failure("ENODATA"),
});
