/** ROUNDPD: round packed doubles to integers. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  roundpd: (b) => packedUnaryHelper(b, "roundF64x2", "sse4-1", immediate8(b)),
} as const satisfies SemanticsTable;
