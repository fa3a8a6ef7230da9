/** MAXSS: maximum of scalar singles. */
import type { Semantics } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  maxss: (b) => scalarHelper(b, "maxF32", 32, "sse"),
} as const satisfies Record<string, Semantics>;
