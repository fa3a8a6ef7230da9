/** MULPD: multiply packed doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulpd: (b) => packedHelper(b, "mulF64x2", "sse2"),
} as const satisfies SemanticsTable;
