/** FINCSTP: rotate the stack up. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fincstp: (b) => x87(b, "x87Unary", 0x17),
} as const satisfies SemanticsTable;
