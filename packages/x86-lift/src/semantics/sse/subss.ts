/** SUBSS: subtract scalar singles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  subss: (b) => scalarHelper(b, "subF32", 32, "sse"),
} as const satisfies SemanticsTable;
