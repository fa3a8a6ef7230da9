/** FSINCOS: sine and cosine. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fsincos: (b) => x87(b, "x87Unary", 0x1b),
} as const satisfies SemanticsTable;
