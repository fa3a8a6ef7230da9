/** UNPCKLPS: interleave low singles. */
import type { Semantics } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  unpcklps: (b) => lanewise(b, "i32x4.unpack_low", "sse"),
} as const satisfies Record<string, Semantics>;
