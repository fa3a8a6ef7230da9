/** FSIN: sine. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fsin: (b) => x87(b, "x87Unary", 0x1e),
} as const satisfies SemanticsTable;
