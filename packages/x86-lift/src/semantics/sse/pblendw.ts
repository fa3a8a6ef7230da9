/** PBLENDW: blend words. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseImmediate } from "../../simd/shapes.ts";

export const semantics = {
  pblendw: (b) => lanewiseImmediate(b, "i16x8.blend", "sse4-1"),
} as const satisfies SemanticsTable;
