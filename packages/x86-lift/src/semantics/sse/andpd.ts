/** ANDPD: bitwise AND. */
import type { Semantics } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  andpd: (b) => lanewise(b, "v128.and", "sse2"),
} as const satisfies Record<string, Semantics>;
