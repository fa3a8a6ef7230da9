/** FPTAN: tangent. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fptan: (b) => x87(b, "x87Unary", 0x12),
} as const satisfies SemanticsTable;
