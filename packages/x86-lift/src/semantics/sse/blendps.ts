/** BLENDPS: blend singles. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseImmediate } from "../../simd/shapes.ts";

export const semantics = {
  blendps: (b) => lanewiseImmediate(b, "i32x4.blend", "sse4-1"),
} as const satisfies SemanticsTable;
