/** PHMINPOSUW: horizontal minimum of words. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseUnary } from "../../simd/shapes.ts";

export const semantics = {
  phminposuw: (b) => lanewiseUnary(b, "i16x8.min_position_u", "sse4-1"),
} as const satisfies SemanticsTable;
