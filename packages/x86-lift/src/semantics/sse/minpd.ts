/** MINPD: minimum of packed doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  minpd: (b) => packedHelper(b, "minF64x2", "sse2"),
} as const satisfies SemanticsTable;
