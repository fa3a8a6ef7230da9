/** MAXPS: maximum of packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  maxps: (b) => packedHelper(b, "maxF32x4", "sse"),
} as const satisfies SemanticsTable;
