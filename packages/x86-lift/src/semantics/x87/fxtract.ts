/** FXTRACT: split exponent and significand. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fxtract: (b) => x87(b, "x87Unary", 0x14),
} as const satisfies SemanticsTable;
