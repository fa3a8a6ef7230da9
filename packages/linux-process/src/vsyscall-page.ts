/**
 * What i386 programs find at AT_SYSINFO: a system call by SYSENTER, the place to which the kernel returns from it, and what
 * a signal handler without a restorer of its own returns to. Linux has the same in its 32-bit vDSO (arch/x86/entry/vdso/vdso32).
 */
import type { PageSource } from "./address-space.ts";

const LANDING = 9;
const SIGRETURN = 16;
const RT_SIGRETURN = 32;

// push ecx, edx, ebp; mov ebp, esp; sysenter; int 0x80; pop ebp, edx, ecx; ret
const call = [0x51, 0x52, 0x55, 0x89, 0xe5, 0x0f, 0x34, 0xcd, 0x80, 0x5d, 0x5a, 0x59, 0xc3];
// pop eax; mov eax, 119; int 0x80
const sigreturn = [0x58, 0xb8, 119, 0, 0, 0, 0xcd, 0x80];
// mov eax, 173; int 0x80
const rtSigreturn = [0xb8, 173, 0, 0, 0, 0xcd, 0x80];

const code = [...call];
sigreturn.forEach((byte, i) => {
  code[SIGRETURN + i] = byte;
});
rtSigreturn.forEach((byte, i) => {
  code[RT_SIGRETURN + i] = byte;
});
const page = Uint8Array.from(code, (byte) => byte ?? 0x90);

export const vsyscallPage: PageSource = {
  name: "[vdso]",
  read: (offset, length) => page.subarray(offset, offset + length),
};

/** Where the parts lie, from the page's address. */
export const vsyscallPlaces = (base: number) => ({
  /** Address for AT_SYSINFO. */
  call: BigInt(base),
  landing: BigInt(base + LANDING),
  restorers: { plain: BigInt(base + SIGRETURN), realTime: BigInt(base + RT_SIGRETURN) },
});
