/** ADDSUBPD: subtract the low and add the high doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  addsubpd: (b) => packedHelper(b, "addSubF64x2", "sse3"),
} as const satisfies SemanticsTable;
