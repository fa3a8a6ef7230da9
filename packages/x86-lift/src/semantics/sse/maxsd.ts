/** MAXSD: maximum of scalar doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  maxsd: (b) => scalarHelper(b, "maxF64", 64, "sse2"),
} as const satisfies SemanticsTable;
