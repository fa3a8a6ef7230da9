/** CMPPS: compare packed singles to masks. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  cmpps: (b) => packedHelper(b, "cmpF32x4", "sse", immediate8(b) & 7),
} as const satisfies SemanticsTable;
