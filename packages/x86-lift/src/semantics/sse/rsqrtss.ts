/** RSQRTSS: approximate reciprocal square root. */
import type { Semantics } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rsqrtss: (b) => scalarUnaryHelper(b, "reciprocalSqrtF32", 32, "sse"),
} as const satisfies Record<string, Semantics>;
