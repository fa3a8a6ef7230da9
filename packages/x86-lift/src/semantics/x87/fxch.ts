/** FXCH: exchange registers. */
import type { SemanticsTable } from "../../lift.ts";
import { stackNumber, x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fxch: (b) => x87(b, "x87Exchange", stackNumber(b, 1)),
} as const satisfies SemanticsTable;
