/** PMINUB, PMINUW, PMINUD: minimum of packed unsigned integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pminub: (b) => lanewise(b, "i8x16.min_u", "sse2", "sse"),
  pminuw: (b) => lanewise(b, "i16x8.min_u", "sse4-1"),
  pminud: (b) => lanewise(b, "i32x4.min_u", "sse4-1"),
} as const satisfies SemanticsTable;
