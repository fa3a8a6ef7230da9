/** PCMPEQB, PCMPEQW, PCMPEQD, PCMPEQQ: compare packed integers for equality. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pcmpeqb: (b) => lanewise(b, "i8x16.eq", "sse2", "mmx"),
  pcmpeqw: (b) => lanewise(b, "i16x8.eq", "sse2", "mmx"),
  pcmpeqd: (b) => lanewise(b, "i32x4.eq", "sse2", "mmx"),
  pcmpeqq: (b) => lanewise(b, "i64x2.eq", "sse4-1"),
} as const satisfies SemanticsTable;
