/** FXAM: classify. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fxam: (b) => x87(b, "x87Unary", 0x05),
} as const satisfies SemanticsTable;
