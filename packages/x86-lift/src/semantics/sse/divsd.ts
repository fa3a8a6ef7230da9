/** DIVSD: divide scalar doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  divsd: (b) => scalarHelper(b, "divF64", 64, "sse2"),
} as const satisfies SemanticsTable;
