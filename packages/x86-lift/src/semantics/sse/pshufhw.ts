/** PSHUFHW: shuffle high words. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseUnaryImmediate } from "../../simd/shapes.ts";

export const semantics = {
  pshufhw: (b) => lanewiseUnaryImmediate(b, "i16x8.shuffle_high", "sse2"),
} as const satisfies SemanticsTable;
