/** MAXPD: maximum of packed doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  maxpd: (b) => packedHelper(b, "maxF64x2", "sse2"),
} as const satisfies SemanticsTable;
