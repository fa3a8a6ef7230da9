/** PACKUSWB: pack words to bytes with unsigned saturation. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  packuswb: (b) => lanewise(b, "i8x16.narrow_i16x8_u", "sse2", "mmx", "joined"),
} as const satisfies SemanticsTable;
