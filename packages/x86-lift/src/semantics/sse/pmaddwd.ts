/** PMADDWD: multiply and add packed words. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmaddwd: (b) => lanewise(b, "i32x4.dot_i16x8_s", "sse2", "mmx"),
} as const satisfies SemanticsTable;
