/** PMAXUB, PMAXUW, PMAXUD: maximum of packed unsigned integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmaxub: (b) => lanewise(b, "i8x16.max_u", "sse2", "sse"),
  pmaxuw: (b) => lanewise(b, "i16x8.max_u", "sse4-1"),
  pmaxud: (b) => lanewise(b, "i32x4.max_u", "sse4-1"),
} as const satisfies SemanticsTable;
