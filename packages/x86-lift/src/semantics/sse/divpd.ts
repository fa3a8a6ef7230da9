/** DIVPD: divide packed doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  divpd: (b) => packedHelper(b, "divF64x2", "sse2"),
} as const satisfies SemanticsTable;
