/** MULPS: multiply packed singles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulps: (b) => packedHelper(b, "mulF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
