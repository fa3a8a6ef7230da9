/** PACKUSDW: pack doublewords to words with unsigned saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  packusdw: (b) => lanewise(b, "i16x8.narrow_i32x4_u", "sse4-1"),
} as const satisfies SemanticsTable;
