/** PHSUBW, PHSUBD, PHSUBSW: subtract neighbouring integers. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  phsubw: (b) => lanewise(b, "i16x8.sub_pairs", "ssse3", "ssse3", "joined"),
  phsubd: (b) => lanewise(b, "i32x4.sub_pairs", "ssse3", "ssse3", "joined"),
  phsubsw: (b) => lanewise(b, "i16x8.sub_pairs_sat_s", "ssse3", "ssse3", "joined"),
} as const satisfies SemanticsTable;
