/** BLENDPD: blend doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseImmediate } from "../../simd/shapes.ts";

export const semantics = {
  blendpd: (b) => lanewiseImmediate(b, "i64x2.blend", "sse4-1"),
} as const satisfies SemanticsTable;
