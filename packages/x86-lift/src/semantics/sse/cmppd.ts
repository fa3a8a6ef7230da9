/** CMPPD: compare packed doubles to masks. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  cmppd: (b) => packedHelper(b, "cmpF64x2", "sse2", immediate8(b) & 7),
} as const satisfies SemanticsTable;
