/** MINPS: minimum of packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  minps: (b) => packedHelper(b, "minF32x4", "sse"),
} as const satisfies SemanticsTable;
