/** DPPS: dot product of singles. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  dpps: (b) => packedHelper(b, "dotF32x4", "sse4-1", immediate8(b)),
} as const satisfies SemanticsTable;
