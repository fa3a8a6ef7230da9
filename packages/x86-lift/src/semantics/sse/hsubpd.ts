/** HSUBPD: subtract neighbouring doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  hsubpd: (b) => packedHelper(b, "subPairsF64x2", "sse3"),
} as const satisfies SemanticsTable;
