/** SHUFPS: two singles of each operand. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseImmediate } from "../../simd/shapes.ts";

export const semantics = {
  shufps: (b) => lanewiseImmediate(b, "i32x4.shuffle_pair", "sse"),
} as const satisfies SemanticsTable;
