/** HSUBPS: subtract neighbouring singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  hsubps: (b) => packedHelper(b, "subPairsF32x4", "sse3"),
} as const satisfies SemanticsTable;
