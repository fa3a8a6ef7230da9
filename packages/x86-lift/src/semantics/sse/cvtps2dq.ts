/** CVTPS2DQ: packed singles to doublewords. */
import type { SemanticsTable } from "../../lift.ts";
import { convertHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvtps2dq: (b) => convertHelper(b, "f32x4ToI32x4", 128, "sse2"),
} as const satisfies SemanticsTable;
