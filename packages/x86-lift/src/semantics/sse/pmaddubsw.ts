/** PMADDUBSW: multiply unsigned by signed bytes and add with saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmaddubsw: (b) => lanewise(b, "i16x8.dot_i8x16_us", "ssse3", "ssse3"),
} as const satisfies SemanticsTable;
