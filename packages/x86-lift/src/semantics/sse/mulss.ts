/** MULSS: multiply scalar singles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulss: (b) => scalarHelper(b, "mulF32", 32, "sse"),
} as const satisfies SemanticsTable;
