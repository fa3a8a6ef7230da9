/** CVTSD2SS: double to single. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvtsd2ss: (b) => scalarUnaryHelper(b, "f64ToF32", 64, "sse2"),
} as const satisfies SemanticsTable;
