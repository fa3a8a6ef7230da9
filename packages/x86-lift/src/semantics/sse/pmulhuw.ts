/** PMULHUW: multiply packed unsigned words, high halves. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmulhuw: (b) => lanewise(b, "i16x8.mulhi_u", "sse2", "sse"),
} as const satisfies SemanticsTable;
