/** UNPCKLPD: interleave low doubles. */
import type { Semantics } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  unpcklpd: (b) => lanewise(b, "i64x2.unpack_low", "sse2"),
} as const satisfies Record<string, Semantics>;
