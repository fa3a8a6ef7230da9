import type { Cpu } from "./cpu.ts";

/** How a helper came back. Anything but Continue means: nothing of the instruction happened, except where the manual says so. */
export const HelperStatus = {
  Continue: 0,
  /** An exception is pending in the processor (`cpu.raise` was called). */
  Fault: 1,
  /** A VM exit is pending (`cpu.exit` is filled). */
  Exit: 2,
} as const;
export type HelperStatus = (typeof HelperStatus)[keyof typeof HelperStatus];

/**
 * Implementation of one helper of x86-lift, shared by all tiers. Operands are absolute byte offsets into the linear
 * memory (a slot of 16 bytes each, or a register's own place), so no 64-bit value crosses as a BigInt parameter;
 * `result` is where the result goes, as many bytes as its width (booleans as one u32).
 */
export type Helper = (
  cpu: Cpu,
  a: number,
  b: number,
  c: number,
  result: number,
  lo: number,
  hi: number,
) => HelperStatus;
