/** PMULHRSW: multiply packed signed words, high halves rounded and scaled. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmulhrsw: (b) => lanewise(b, "i16x8.q15mulr_s", "ssse3", "ssse3"),
} as const satisfies SemanticsTable;
