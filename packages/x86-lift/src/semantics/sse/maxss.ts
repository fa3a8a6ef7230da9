/** MAXSS: maximum of scalar singles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  maxss: (b) => scalarHelper(b, "maxF32", 32, "sse"),
} as const satisfies SemanticsTable;
