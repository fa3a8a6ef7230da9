/** FPREM1: IEEE remainder. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fprem1: (b) => x87(b, "x87Unary", 0x15),
} as const satisfies SemanticsTable;
