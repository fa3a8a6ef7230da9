/** ANDNPS: bitwise AND of the source with the inverted destination. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseReversed } from "../../simd/shapes.ts";

export const semantics = {
  andnps: (b) => lanewiseReversed(b, "v128.andnot", "sse"),
} as const satisfies SemanticsTable;
