/** UNPCKLPD: interleave low doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  unpcklpd: (b) => lanewise(b, "i64x2.unpack_low", "sse2"),
} as const satisfies SemanticsTable;
