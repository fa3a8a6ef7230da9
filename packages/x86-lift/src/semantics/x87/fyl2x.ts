/** FYL2X: y · log2 x. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fyl2x: (b) => x87(b, "x87Unary", 0x11),
} as const satisfies SemanticsTable;
