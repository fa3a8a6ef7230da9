/** SQRTPS: square roots. */
import type { SemanticsTable } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  sqrtps: (b) => packedUnaryHelper(b, "sqrtF32x4", "sse"),
} as const satisfies SemanticsTable;
