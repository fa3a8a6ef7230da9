/** CVTPS2PD: packed singles to doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { convertHelper } from "../../simd/shapes.ts";

export const semantics = {
  cvtps2pd: (b) => convertHelper(b, "f32x2ToF64x2", 64, "sse2"),
} as const satisfies SemanticsTable;
