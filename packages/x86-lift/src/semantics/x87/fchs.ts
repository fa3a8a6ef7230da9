/** FCHS: change sign. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fchs: (b) => x87(b, "x87Unary", 0x00),
} as const satisfies SemanticsTable;
