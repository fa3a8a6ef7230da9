/** PANDN: bitwise AND of the source with the inverted destination. */
import type { Semantics } from "../../lift.ts";
import { lanewiseReversed } from "../../simd/shapes.ts";

export const semantics = {
  pandn: (b) => lanewiseReversed(b, "v128.andnot", "sse2", "mmx"),
} as const satisfies Record<string, Semantics>;
