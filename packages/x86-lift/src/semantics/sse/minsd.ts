/** MINSD: minimum of scalar doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  minsd: (b) => scalarHelper(b, "minF64", 64, "sse2"),
} as const satisfies SemanticsTable;
