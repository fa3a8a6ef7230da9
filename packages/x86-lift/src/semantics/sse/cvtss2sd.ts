/** CVTSS2SD: single to double. */
import type { SemanticsTable } from "../../lift.ts";
import { scalarUnaryHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvtss2sd: (b) => scalarUnaryHelper(b, "f32ToF64", 32, "sse2"),
} as const satisfies SemanticsTable;
