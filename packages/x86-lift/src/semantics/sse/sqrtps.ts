/** SQRTPS: square roots. */
import type { Semantics } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  sqrtps: (b) => packedUnaryHelper(b, "sqrtF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
