import type { Builder, Val } from "./builder.ts";
import { Segment } from "./ir.ts";

/** Numbers of rSP and rBP. */
export const RSP = 4;
export const RBP = 5;

/** rSP, as wide as the stack's address size. */
export function stackPointer(b: Builder): Val {
  return b.get(b.mode.stackBits, RSP);
}

/** Offset in SS of sp + bytes, wrapped to the stack's address size: a 64-bit value. */
export function stackOffset(b: Builder, bytes: number, sp: Val): Val {
  const bits = b.mode.stackBits;
  return bytes === 0 && bits === 64 ? sp : b.ea(bits, sp, undefined, 1, bytes, bytes < 0 ? -1 : 0);
}

/** rSP ← a 64-bit offset in SS; a 16-bit stack takes its low half and leaves the rest of ESP. */
export function setStackPointer(b: Builder, offset: Val): void {
  b.set(RSP, b.trunc(b.mode.stackBits === 16 ? 16 : 64, offset));
}

/** Pushes a value of width 16, 32 or 64. */
export function push(b: Builder, v: Val): void {
  const offset = stackOffset(b, -(b.widthOf(v) / 8), stackPointer(b));
  b.store(Segment.SS, offset, v);
  setStackPointer(b, offset);
}

/** rSP in `width` bits once the stack pointer is `offset`: a narrower stack leaves its upper bits as they are. */
export function stackPointerAs(b: Builder, width: 16 | 32 | 64, offset: Val): Val {
  const low = b.trunc(width, offset);
  if (b.mode.stackBits >= width) return low;
  return b.or(b.and(b.get(width, RSP), b.const(width, -0x1_0000)), low);
}
