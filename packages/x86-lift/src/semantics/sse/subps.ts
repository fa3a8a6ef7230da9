/** SUBPS: subtract packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  subps: (b) => packedHelper(b, "subF32x4", "sse"),
} as const satisfies SemanticsTable;
