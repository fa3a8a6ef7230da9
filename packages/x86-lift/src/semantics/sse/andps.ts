/** ANDPS: bitwise AND. */
import type { Semantics } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  andps: (b) => lanewise(b, "v128.and", "sse"),
} as const satisfies Record<string, Semantics>;
