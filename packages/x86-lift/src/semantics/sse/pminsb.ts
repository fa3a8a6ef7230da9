/** PMINSB, PMINSW, PMINSD: minimum of packed signed integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pminsb: (b) => lanewise(b, "i8x16.min_s", "sse4-1"),
  pminsw: (b) => lanewise(b, "i16x8.min_s", "sse2", "sse"),
  pminsd: (b) => lanewise(b, "i32x4.min_s", "sse4-1"),
} as const satisfies SemanticsTable;
