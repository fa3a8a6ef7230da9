/** PAVGB, PAVGW: average packed unsigned integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pavgb: (b) => lanewise(b, "i8x16.avgr_u", "sse2", "sse"),
  pavgw: (b) => lanewise(b, "i16x8.avgr_u", "sse2", "sse"),
} as const satisfies SemanticsTable;
