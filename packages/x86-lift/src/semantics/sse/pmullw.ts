/** PMULLW: multiply packed words, low halves. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmullw: (b) => lanewise(b, "i16x8.mul", "sse2", "mmx"),
} as const satisfies SemanticsTable;
