/** SUBPS: subtract packed singles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  subps: (b) => packedHelper(b, "subF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
