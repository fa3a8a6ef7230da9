/** CMPSS: compare scalar singles to a mask. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  cmpss: (b) => scalarHelper(b, "cmpF32", 32, "sse", immediate8(b) & 7),
} as const satisfies SemanticsTable;
