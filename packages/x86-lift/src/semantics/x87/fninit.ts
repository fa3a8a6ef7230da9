/** FNINIT: initialise. */
import type { SemanticsTable } from "../../lift.ts";
import { x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fninit: (b) => x87(b, "x87Initialize", 0),
} as const satisfies SemanticsTable;
