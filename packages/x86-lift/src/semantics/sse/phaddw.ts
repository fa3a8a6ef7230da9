/** PHADDW, PHADDD, PHADDSW: add neighbouring integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  phaddw: (b) => lanewise(b, "i16x8.add_pairs", "ssse3", "ssse3", "joined"),
  phaddd: (b) => lanewise(b, "i32x4.add_pairs", "ssse3", "ssse3", "joined"),
  phaddsw: (b) => lanewise(b, "i16x8.add_pairs_sat_s", "ssse3", "ssse3", "joined"),
} as const satisfies SemanticsTable;
