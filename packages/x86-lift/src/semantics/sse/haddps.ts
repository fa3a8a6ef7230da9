/** HADDPS: add neighbouring singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  haddps: (b) => packedHelper(b, "addPairsF32x4", "sse3"),
} as const satisfies SemanticsTable;
