/** SUBSS: subtract scalar singles. */
import type { Semantics } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  subss: (b) => scalarHelper(b, "subF32", 32, "sse"),
} as const satisfies Record<string, Semantics>;
