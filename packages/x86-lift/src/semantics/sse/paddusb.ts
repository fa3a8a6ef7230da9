/** PADDUSB, PADDUSW: add packed unsigned integers with saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  paddusb: (b) => lanewise(b, "i8x16.add_sat_u", "sse2", "mmx"),
  paddusw: (b) => lanewise(b, "i16x8.add_sat_u", "sse2", "mmx"),
} as const satisfies SemanticsTable;
