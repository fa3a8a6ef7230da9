/** FICOM, FICOMP: compare with an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  ficom: (b) => operateX87(b, 2, "integer", 0),
  ficomp: (b) => operateX87(b, 3, "integer", 0),
} as const satisfies SemanticsTable;
