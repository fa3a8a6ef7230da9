/** SUBPD: subtract packed doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  subpd: (b) => packedHelper(b, "subF64x2", "sse2"),
} as const satisfies SemanticsTable;
