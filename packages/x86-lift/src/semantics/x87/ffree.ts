/** FFREE, FFREEP: empty a register. */
import type { SemanticsTable } from "../../lift.ts";
import { stackNumber, x87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  ffree: (b) => x87(b, "x87Free", stackNumber(b, 0)),
  ffreep: (b) => x87(b, "x87Free", stackNumber(b, 0) | 0x100),
} as const satisfies SemanticsTable;
