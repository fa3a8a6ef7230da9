/** PMULDQ: multiply packed signed doublewords to quadwords. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmuldq: (b) => lanewise(b, "i64x2.mul_even_s", "sse4-1"),
} as const satisfies SemanticsTable;
