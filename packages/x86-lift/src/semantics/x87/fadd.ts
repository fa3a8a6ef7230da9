/** FADD, FADDP, FIADD: add. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fadd: (b) => operateX87(b, 0, "float", 0),
  faddp: (b) => operateX87(b, 0, "float", 1),
  fiadd: (b) => operateX87(b, 0, "integer", 0),
} as const satisfies SemanticsTable;
