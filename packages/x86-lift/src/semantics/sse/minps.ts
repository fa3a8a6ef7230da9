/** MINPS: minimum of packed singles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  minps: (b) => packedHelper(b, "minF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
