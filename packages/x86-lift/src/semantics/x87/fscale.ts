/** FSCALE: scale by a power of two. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fscale: (b) => x87(b, "x87Unary", 0x1d),
} as const satisfies SemanticsTable;
