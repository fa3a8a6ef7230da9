/** CVTTPS2DQ: packed singles to doublewords, truncating. */
import type { SemanticsTable } from "../../lift.ts";
import { convertHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvttps2dq: (b) => convertHelper(b, "f32x4ToI32x4", 128, "sse2", 1),
} as const satisfies SemanticsTable;
