/** UNPCKHPD: interleave high doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  unpckhpd: (b) => lanewise(b, "i64x2.unpack_high", "sse2"),
} as const satisfies SemanticsTable;
