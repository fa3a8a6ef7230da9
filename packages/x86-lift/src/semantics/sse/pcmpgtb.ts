/** PCMPGTB, PCMPGTW, PCMPGTD, PCMPGTQ: compare packed signed integers for greater. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pcmpgtb: (b) => lanewise(b, "i8x16.gt_s", "sse2", "mmx"),
  pcmpgtw: (b) => lanewise(b, "i16x8.gt_s", "sse2", "mmx"),
  pcmpgtd: (b) => lanewise(b, "i32x4.gt_s", "sse2", "mmx"),
  pcmpgtq: (b) => lanewise(b, "i64x2.gt_s", "sse4-2"),
} as const satisfies SemanticsTable;
