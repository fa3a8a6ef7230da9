/** FABS: absolute value. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fabs: (b) => x87(b, "x87Unary", 0x01),
} as const satisfies SemanticsTable;
