/** FYL2XP1: y · log2 (x + 1). */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fyl2xp1: (b) => x87(b, "x87Unary", 0x19),
} as const satisfies SemanticsTable;
