/** FSUBR, FSUBRP, FISUBR: subtract the other way round. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fsubr: (b) => operateX87(b, 5, "float", 0),
  fsubrp: (b) => operateX87(b, 5, "float", 1),
  fisubr: (b) => operateX87(b, 5, "integer", 0),
} as const satisfies SemanticsTable;
