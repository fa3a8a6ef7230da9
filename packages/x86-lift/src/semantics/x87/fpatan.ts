/** FPATAN: arctangent. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fpatan: (b) => x87(b, "x87Unary", 0x13),
} as const satisfies SemanticsTable;
