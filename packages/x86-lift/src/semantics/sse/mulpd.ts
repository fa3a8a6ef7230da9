/** MULPD: multiply packed doubles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulpd: (b) => packedHelper(b, "mulF64x2", "sse2"),
} as const satisfies Record<string, Semantics>;
