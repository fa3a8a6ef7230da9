/** ADDSD: add scalar doubles. */
import type { Semantics } from "../../lift.ts";
import { scalarHelper } from "../../simd/shapes.ts";

export const semantics = {
  addsd: (b) => scalarHelper(b, "addF64", 64, "sse2"),
} as const satisfies Record<string, Semantics>;
