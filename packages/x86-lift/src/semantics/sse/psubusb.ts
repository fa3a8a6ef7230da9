/** PSUBUSB, PSUBUSW: subtract packed unsigned integers with saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  psubusb: (b) => lanewise(b, "i8x16.sub_sat_u", "sse2", "mmx"),
  psubusw: (b) => lanewise(b, "i16x8.sub_sat_u", "sse2", "mmx"),
} as const satisfies SemanticsTable;
