/** FNCLEX: clear exceptions. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fnclex: (b) => x87(b, "x87ClearExceptions", 0),
} as const satisfies SemanticsTable;
