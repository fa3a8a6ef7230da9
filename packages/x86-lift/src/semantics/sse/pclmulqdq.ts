/** PCLMULQDQ: carry-less multiplication. */
import type { SemanticsTable } from "../../lift.ts";
import { immediate8, packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  pclmulqdq: (b) => packedHelper(b, "carrylessMultiply", "pclmulqdq", immediate8(b)),
} as const satisfies SemanticsTable;
