/** ADDSD: add scalar doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  addsd: (b) => scalarHelper(b, "addF64", 64, "sse2"),
} as const satisfies SemanticsTable;
