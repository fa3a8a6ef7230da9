/** HADDPD: add neighbouring doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  haddpd: (b) => packedHelper(b, "addPairsF64x2", "sse3"),
} as const satisfies SemanticsTable;
