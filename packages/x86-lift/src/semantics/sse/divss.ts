/** DIVSS: divide scalar singles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  divss: (b) => scalarHelper(b, "divF32", 32, "sse"),
} as const satisfies SemanticsTable;
