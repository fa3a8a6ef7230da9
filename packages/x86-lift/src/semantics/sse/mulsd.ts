/** MULSD: multiply scalar doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulsd: (b) => scalarHelper(b, "mulF64", 64, "sse2"),
} as const satisfies SemanticsTable;
