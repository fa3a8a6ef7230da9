/** UNPCKHPS: interleave high singles. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  unpckhps: (b) => lanewise(b, "i32x4.unpack_high", "sse"),
} as const satisfies SemanticsTable;
