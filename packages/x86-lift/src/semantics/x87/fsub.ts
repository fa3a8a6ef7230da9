/** FSUB, FSUBP, FISUB: subtract. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fsub: (b) => operateX87(b, 4, "float", 0),
  fsubp: (b) => operateX87(b, 4, "float", 1),
  fisub: (b) => operateX87(b, 4, "integer", 0),
} as const satisfies SemanticsTable;
