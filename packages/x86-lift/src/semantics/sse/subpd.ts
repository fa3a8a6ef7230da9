/** SUBPD: subtract packed doubles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  subpd: (b) => packedHelper(b, "subF64x2", "sse2"),
} as const satisfies Record<string, Semantics>;
