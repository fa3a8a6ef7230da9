/** SQRTSS: square root. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  sqrtss: (b) => scalarUnaryHelper(b, "sqrtF32", 32, "sse"),
} as const satisfies SemanticsTable;
