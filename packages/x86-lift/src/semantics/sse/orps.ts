/** ORPS: bitwise OR. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  orps: (b) => lanewise(b, "v128.or", "sse"),
} as const satisfies SemanticsTable;
