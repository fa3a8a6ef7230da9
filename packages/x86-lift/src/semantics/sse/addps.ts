/** ADDPS: add packed singles. */
import type { Semantics } from "../../lift.ts";
import { packedHelper } from "../../simd/shapes.ts";

export const semantics = {
  addps: (b) => packedHelper(b, "addF32x4", "sse"),
} as const satisfies Record<string, Semantics>;
