/** FCOS: cosine. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fcos: (b) => x87(b, "x87Unary", 0x1f),
} as const satisfies SemanticsTable;
