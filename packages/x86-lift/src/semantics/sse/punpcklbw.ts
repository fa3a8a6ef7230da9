/** PUNPCKLBW, PUNPCKLWD, PUNPCKLDQ, PUNPCKLQDQ: interleave low halves. The MMX forms read 32 bits of memory. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";
import type { SimdOpName } from "../../simd/ops.ts";
import { isMm, lanewise, readMmx } from "../../simd/shapes.ts";

function unpackLow(b: Builder, op: SimdOpName): void {
  if (!isMm(b, 0)) {
    lanewise(b, op, "sse2");
    return;
  }
  if (!requireMmx(b, "mmx")) return;
  const source = b.zext(128, readMmx(b, 1, 32));
  b.write(0, b.trunc(64, b.simd(op, b.zext(128, b.read(0, 64)), source)));
  b.next();
}

export const semantics = {
  punpcklbw: (b) => unpackLow(b, "i8x16.unpack_low"),
  punpcklwd: (b) => unpackLow(b, "i16x8.unpack_low"),
  punpckldq: (b) => unpackLow(b, "i32x4.unpack_low"),
  punpcklqdq: (b) => unpackLow(b, "i64x2.unpack_low"),
} as const satisfies SemanticsTable;
