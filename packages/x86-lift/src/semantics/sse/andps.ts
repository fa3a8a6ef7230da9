/** ANDPS: bitwise AND. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  andps: (b) => lanewise(b, "v128.and", "sse"),
} as const satisfies SemanticsTable;
