/** ROUNDSS: round a scalar single to an integer. */
import type { Semantics } from "../../lift.ts";
import { immediate8, scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  roundss: (b) => scalarUnaryHelper(b, "roundF32", 32, "sse4-1", immediate8(b)),
} as const satisfies Record<string, Semantics>;
