/** CVTDQ2PS: packed doublewords to singles. */
import type { SemanticsTable } from "../../lift.ts";
import { convertHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvtdq2ps: (b) => convertHelper(b, "i32x4ToF32x4", 128, "sse2"),
} as const satisfies SemanticsTable;
