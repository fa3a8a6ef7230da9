/** ADDPD: add packed doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  addpd: (b) => packedHelper(b, "addF64x2", "sse2"),
} as const satisfies SemanticsTable;
