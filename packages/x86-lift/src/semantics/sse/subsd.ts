/** SUBSD: subtract scalar doubles. */
import type { Semantics } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  subsd: (b) => scalarHelper(b, "subF64", 64, "sse2"),
} as const satisfies Record<string, Semantics>;
