/** DIVPS: divide packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  divps: (b) => packedHelper(b, "divF32x4", "sse"),
} as const satisfies SemanticsTable;
