/** PAND: bitwise AND. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  pand: (b) => lanewise(b, "v128.and", "sse2", "mmx"),
} as const satisfies SemanticsTable;
