/** RCPPS: approximate reciprocals. */
import type { SemanticsTable } from "../../lift.ts";
import { packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  rcpps: (b) => packedUnaryHelper(b, "reciprocalF32x4", "sse"),
} as const satisfies SemanticsTable;
