/** SUBSD: subtract scalar doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  subsd: (b) => scalarHelper(b, "subF64", 64, "sse2"),
} as const satisfies SemanticsTable;
