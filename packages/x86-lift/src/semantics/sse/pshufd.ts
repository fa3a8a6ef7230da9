/** PSHUFD: shuffle doublewords. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewiseUnaryImmediate } from "../../simd/shapes.ts";

export const semantics = {
  pshufd: (b) => lanewiseUnaryImmediate(b, "i32x4.shuffle", "sse2"),
} as const satisfies SemanticsTable;
