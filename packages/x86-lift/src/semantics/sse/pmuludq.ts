/** PMULUDQ: multiply packed unsigned doublewords to quadwords. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmuludq: (b) => lanewise(b, "i64x2.mul_even_u", "sse2", "sse2"),
} as const satisfies SemanticsTable;
