/** FPREM: remainder. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fprem: (b) => x87(b, "x87Unary", 0x18),
} as const satisfies SemanticsTable;
