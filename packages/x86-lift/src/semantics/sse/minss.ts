/** MINSS: minimum of scalar singles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  minss: (b) => scalarHelper(b, "minF32", 32, "sse"),
} as const satisfies SemanticsTable;
