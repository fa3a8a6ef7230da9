/** RSQRTSS: approximate reciprocal square root. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rsqrtss: (b) => scalarUnaryHelper(b, "reciprocalSqrtF32", 32, "sse"),
} as const satisfies SemanticsTable;
