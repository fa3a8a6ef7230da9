/** ADDSS: add scalar singles. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  addss: (b) => scalarHelper(b, "addF32", 32, "sse"),
} as const satisfies SemanticsTable;
