/** POR: bitwise OR. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  por: (b) => lanewise(b, "v128.or", "sse2", "mmx"),
} as const satisfies SemanticsTable;
