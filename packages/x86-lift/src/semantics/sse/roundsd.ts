/** ROUNDSD: round a scalar double to an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  roundsd: (b) => scalarUnaryHelper(b, "roundF64", 64, "sse4-1", immediate8(b)),
} as const satisfies SemanticsTable;
