/** RSQRTPS: approximate reciprocal square roots. */
import type { SemanticsTable } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rsqrtps: (b) => packedUnaryHelper(b, "reciprocalSqrtF32x4", "sse"),
} as const satisfies SemanticsTable;
