/** FTST: compare with zero. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  ftst: (b) => x87(b, "x87Unary", 0x04),
} as const satisfies SemanticsTable;
