/** SQRTSD: square root. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  sqrtsd: (b) => scalarUnaryHelper(b, "sqrtF64", 64, "sse2"),
} as const satisfies SemanticsTable;
