/** PADDSB, PADDSW: add packed signed integers with saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  paddsb: (b) => lanewise(b, "i8x16.add_sat_s", "sse2", "mmx"),
  paddsw: (b) => lanewise(b, "i16x8.add_sat_s", "sse2", "mmx"),
} as const satisfies SemanticsTable;
