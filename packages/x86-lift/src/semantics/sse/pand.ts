/** PAND: bitwise AND. */
import type { Semantics } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pand: (b) => lanewise(b, "v128.and", "sse2", "mmx"),
} as const satisfies Record<string, Semantics>;
