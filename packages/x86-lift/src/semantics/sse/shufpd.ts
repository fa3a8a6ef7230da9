/** SHUFPD: one double of each operand. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseImmediate } from "../../simd/shapes.ts";

export const semantics = {
  shufpd: (b) => lanewiseImmediate(b, "i64x2.shuffle_pair", "sse2"),
} as const satisfies SemanticsTable;
