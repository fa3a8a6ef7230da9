/** RCPSS: approximate reciprocal. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rcpss: (b) => scalarUnaryHelper(b, "reciprocalF32", 32, "sse"),
} as const satisfies SemanticsTable;
