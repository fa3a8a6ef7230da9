/** PMULLD: multiply packed doublewords, low halves. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pmulld: (b) => lanewise(b, "i32x4.mul", "sse4-1"),
} as const satisfies SemanticsTable;
