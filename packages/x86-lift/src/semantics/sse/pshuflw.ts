/** PSHUFLW: shuffle low words. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseUnaryImmediate } from "../../simd/shapes.ts";

export const semantics = {
  pshuflw: (b) => lanewiseUnaryImmediate(b, "i16x8.shuffle_low", "sse2"),
} as const satisfies SemanticsTable;
