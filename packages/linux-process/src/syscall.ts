import type { LinuxProcess } from "./process.ts";

/** How an argument is shown in a trace. */
export type ArgumentKind = "fd" | "dirfd" | "int" | "size" | "hex" | "pointer" | "path" | "octal" | "signal";

/** One system call: its number, its arguments' kinds, and what it does. */
export interface Syscall {
  /** Its number in its table (Linux arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl). */
  readonly number: number;
  readonly args: readonly ArgumentKind[];
  /**
   * Arguments as JavaScript numbers (addresses below 2^53 are exact; anything above arrives as its low 53 bits with
   * the sign kept for negative ints; those of 32-bit calls are 0 to 2^32 − 1). The result is the value of RAX, negated
   * errno for failures, or `undefined` when the call has changed the processor's state itself (exit, sigreturn) or waits.
   */
  readonly run: (
    process: LinuxProcess,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ) => number | undefined;
}

export type SyscallTable = Readonly<Record<string, Syscall>>;

/** A C `int` argument: the low 32 bits, signed. */
export const int = (value: number): number => Number(BigInt.asIntN(32, BigInt(value)));

/** Values as a C struct of words, 4 or 8 bytes each. */
export function words(values: readonly bigint[], size: 4 | 8): Uint8Array {
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    if (size === 8) view.setBigUint64(index * 8, BigInt.asUintN(64, value), true);
    else view.setUint32(index * 4, Number(BigInt.asUintN(32, value)), true);
  });
  return bytes;
}
