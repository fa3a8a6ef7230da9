/** PSUBQ: subtract packed quadwords. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  psubq: (b) => lanewise(b, "i64x2.sub", "sse2", "sse2"),
} as const satisfies SemanticsTable;
