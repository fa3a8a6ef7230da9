/** RSQRTPS: approximate reciprocal square roots. */
import type { Semantics } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rsqrtps: (b) => packedUnaryHelper(b, "reciprocalSqrtF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
