/** PSRLW, PSRLD, PSRLQ: shift packed integers right, filling with zeros. */
import type { Builder, Val } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx, requireSse } from "../../simd/availability.ts";
import { immediate8, isMemory, isMm, readMmx, readVector, zeroVector } from "../../simd/shapes.ts";

/** Shifts every lane by the immediate, or by the low 64 bits of the source; `bits` and more shift everything out. */
function shift(b: Builder, op: "i16x8.shr_u" | "i32x4.shr_u" | "i64x2.shr_u", bits: number): void {
  const mmx = isMm(b, 0);
  const immediate = b.insn.immSize !== 0;
  if (!(mmx ? requireMmx(b, "mmx") : requireSse(b, "sse2"))) return;
  let result: Val;
  if (immediate) {
    if (mmx) b.helper("mmxEnter");
    const value = mmx ? b.zext(128, b.read(0, 64)) : b.read(0, 128);
    const count = immediate8(b);
    result = count < bits ? b.simd(`${op}_imm`, value, undefined, undefined, count) : zeroVector(b);
  } else {
    const count = mmx ? readMmx(b, 1) : isMemory(b, 1) ? b.trunc(64, readVector(b, 1)) : b.read(1, 64);
    const value = mmx ? b.zext(128, b.read(0, 64)) : b.read(0, 128);
    result = b.simd(op, value, count);
  }
  b.write(0, mmx ? b.trunc(64, result) : result);
  b.next();
}

export const semantics = {
  psrlw: (b) => shift(b, "i16x8.shr_u", 16),
  psrld: (b) => shift(b, "i32x4.shr_u", 32),
  psrlq: (b) => shift(b, "i64x2.shr_u", 64),
} as const satisfies SemanticsTable;
