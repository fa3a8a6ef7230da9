/** FRNDINT: round to an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  frndint: (b) => x87(b, "x87Unary", 0x1c),
} as const satisfies SemanticsTable;
