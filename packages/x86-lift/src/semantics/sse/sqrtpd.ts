/** SQRTPD: square roots. */
import type { SemanticsTable } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  sqrtpd: (b) => packedUnaryHelper(b, "sqrtF64x2", "sse2"),
} as const satisfies SemanticsTable;
