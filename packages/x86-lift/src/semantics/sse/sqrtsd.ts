/** SQRTSD: square root. */
import type { Semantics } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  sqrtsd: (b) => scalarUnaryHelper(b, "sqrtF64", 64, "sse2"),
} as const satisfies Record<string, Semantics>;
