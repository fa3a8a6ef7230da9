/** MINPD: minimum of packed doubles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  minpd: (b) => packedHelper(b, "minF64x2", "sse2"),
} as const satisfies Record<string, Semantics>;
