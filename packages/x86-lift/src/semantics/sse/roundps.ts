/** ROUNDPS: round packed singles to integers. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  roundps: (b) => packedUnaryHelper(b, "roundF32x4", "sse4-1", immediate8(b)),
} as const satisfies SemanticsTable;
