/** ADDPS: add packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  addps: (b) => packedHelper(b, "addF32x4", "sse"),
} as const satisfies SemanticsTable;
