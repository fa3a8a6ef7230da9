/** FSQRT: square root. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fsqrt: (b) => x87(b, "x87Unary", 0x1a),
} as const satisfies SemanticsTable;
