/** DIVSS: divide scalar singles. */
import type { Semantics } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  divss: (b) => scalarHelper(b, "divF32", 32, "sse"),
} as const satisfies Record<string, Semantics>;
