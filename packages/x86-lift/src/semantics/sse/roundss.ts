/** ROUNDSS: round a scalar single to an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  roundss: (b) => scalarUnaryHelper(b, "roundF32", 32, "sse4-1", immediate8(b)),
} as const satisfies SemanticsTable;
