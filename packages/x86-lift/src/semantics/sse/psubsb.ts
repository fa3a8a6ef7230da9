/** PSUBSB, PSUBSW: subtract packed signed integers with saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  psubsb: (b) => lanewise(b, "i8x16.sub_sat_s", "sse2", "mmx"),
  psubsw: (b) => lanewise(b, "i16x8.sub_sat_s", "sse2", "mmx"),
} as const satisfies SemanticsTable;
