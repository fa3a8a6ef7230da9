/** F2XM1: 2^x − 1. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  f2xm1: (b) => x87(b, "x87Unary", 0x10),
} as const satisfies SemanticsTable;
