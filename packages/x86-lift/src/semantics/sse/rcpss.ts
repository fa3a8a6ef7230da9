/** RCPSS: approximate reciprocal. */
import type { Semantics } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rcpss: (b) => scalarUnaryHelper(b, "reciprocalF32", 32, "sse"),
} as const satisfies Record<string, Semantics>;
