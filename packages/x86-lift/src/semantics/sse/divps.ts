/** DIVPS: divide packed singles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  divps: (b) => packedHelper(b, "divF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
