/** PMULHW: multiply packed signed words, high halves. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmulhw: (b) => lanewise(b, "i16x8.mulhi_s", "sse2", "mmx"),
} as const satisfies SemanticsTable;
