import type { LinuxProcess } from "./process.ts";

/** How an argument is shown in a trace. */
export type ArgumentKind = "fd" | "dirfd" | "int" | "size" | "hex" | "pointer" | "path" | "octal" | "signal";

/** One system call: its number, its arguments' kinds, and what it does. */
export interface Syscall {
  /** x86-64 number (Linux arch/x86/entry/syscalls/syscall_64.tbl). */
  readonly number: number;
  readonly args: readonly ArgumentKind[];
  /**
   * Arguments as JavaScript numbers (addresses below 2^53 are exact; anything above arrives as its low 53 bits with
   * the sign kept for negative ints). The result is the value of RAX, negated errno for failures, or `undefined` when
   * the call has changed the processor's state itself (exit, sigreturn).
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
