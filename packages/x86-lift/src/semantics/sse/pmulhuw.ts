/** PMULHUW: multiply packed unsigned words, high halves. */
import type { Semantics } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmulhuw: (b) => lanewise(b, "i16x8.mulhi_u", "sse2", "sse"),
} as const satisfies Record<string, Semantics>;
