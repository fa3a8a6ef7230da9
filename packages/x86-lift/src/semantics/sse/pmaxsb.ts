/** PMAXSB, PMAXSW, PMAXSD: maximum of packed signed integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmaxsb: (b) => lanewise(b, "i8x16.max_s", "sse4-1"),
  pmaxsw: (b) => lanewise(b, "i16x8.max_s", "sse2", "sse"),
  pmaxsd: (b) => lanewise(b, "i32x4.max_s", "sse4-1"),
} as const satisfies SemanticsTable;
