/**
 * Who calls, from the registers, and copies to and from the caller's memory.
 *
 * Sources: Xen `xen/include/public/arch-x86/xen-x86_64.h` (RDI RSI RDX R10 R8 R9, result in RAX), `xen-x86_32.h` (EBX ECX EDX ESI EDI EBP,
 * result in EAX); `xen/arch/x86/hvm/hvm.c` hvm_guest_x86_mode, hvm_copy_from_guest_virt (addresses are linear, rights are the kernel's).
 */
import type { HvmVcpu } from "../vcpu.ts";
import { type Caller, MAX_COPY } from "./hypercall.ts";

const EFER_LMA = 1n << 10n;
const CR0_PE = 1n;
const RFLAGS_VM = 1n << 17n;
const CS_LONG = 0x2000;
const RAX = 0;
const REGISTERS_64 = [7, 6, 2, 10, 8, 9] as const;
const REGISTERS_32 = [3, 1, 2, 6, 7, 5] as const;
const LOW = 0xffff_ffffn;
/** Bytes copied in the time of one instruction. */
export const BYTES_PER_TICK = 8;

export const isWide = (vcpu: HvmVcpu): boolean =>
  (vcpu.efer & EFER_LMA) !== 0n && (vcpu.segment("cs").attributes & CS_LONG) !== 0;

/** Only a kernel in protected mode may call. */
export const mayCall = (vcpu: HvmVcpu): boolean =>
  vcpu.cpl === 0 && (vcpu.cr0 & CR0_PE) !== 0n && (vcpu.rflags & RFLAGS_VM) === 0n;

/** RAX, or EAX of a 32-bit caller. */
export const callNumber = (vcpu: HvmVcpu): bigint => {
  const value = vcpu.readRegister(RAX);
  return isWide(vcpu) ? value : value & LOW;
};

export function setResult(vcpu: HvmVcpu, result: number | bigint): void {
  vcpu.writeRegister(RAX, BigInt.asUintN(isWide(vcpu) ? 64 : 32, BigInt(result)));
}

export function createCaller(vcpu: HvmVcpu, spend: (ticks: number) => void): Caller {
  const wide = isWide(vcpu);
  const [a, b, c, d, e, f] = wide ? REGISTERS_64 : REGISTERS_32;
  const argument = (index: number): bigint => (wide ? vcpu.readRegister(index) : vcpu.readRegister(index) & LOW);
  const write = (address: bigint, bytes: Uint8Array): boolean => {
    spend(Math.ceil(bytes.length / BYTES_PER_TICK));
    return vcpu.writeLinear(address, bytes).written === bytes.length;
  };
  return {
    vcpu,
    wide,
    args: [argument(a), argument(b), argument(c), argument(d), argument(e), argument(f)],
    read(address, length) {
      if (length > MAX_COPY) return undefined;
      spend(Math.ceil(length / BYTES_PER_TICK));
      const { bytes } = vcpu.readLinear(address, length);
      return bytes.length === length ? new DataView(bytes.buffer, bytes.byteOffset, length) : undefined;
    },
    write,
    writeNumber(address, size, value) {
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
      return write(address, bytes.subarray(0, size));
    },
    next: "handled",
  };
}
