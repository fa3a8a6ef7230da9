/** DIVPD: divide packed doubles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  divpd: (b) => packedHelper(b, "divF64x2", "sse2"),
} as const satisfies Record<string, Semantics>;
