/** DPPD: dot product of doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  dppd: (b) => packedHelper(b, "dotF64x2", "sse4-1", immediate8(b)),
} as const satisfies SemanticsTable;
