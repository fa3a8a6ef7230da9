/** ANDPD: bitwise AND. */
import type { SemanticsTable } from "../../lift.ts";
import { lanewise } from "../../simd/shapes.ts";

export const semantics = {
  andpd: (b) => lanewise(b, "v128.and", "sse2"),
} as const satisfies SemanticsTable;
