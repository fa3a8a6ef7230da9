/** UNPCKLPS: interleave low singles. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  unpcklps: (b) => lanewise(b, "i32x4.unpack_low", "sse"),
} as const satisfies SemanticsTable;
