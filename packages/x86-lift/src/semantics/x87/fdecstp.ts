/** FDECSTP: rotate the stack down. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fdecstp: (b) => x87(b, "x87Unary", 0x16),
} as const satisfies SemanticsTable;
