/** MULSS: multiply scalar singles. */
import type { Semantics } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  mulss: (b) => scalarHelper(b, "mulF32", 32, "sse"),
} as const satisfies Record<string, Semantics>;
