/** CVTDQ2PD: packed doublewords to doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { convertHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvtdq2pd: (b) => convertHelper(b, "i32x2ToF64x2", 64, "sse2"),
} as const satisfies SemanticsTable;
