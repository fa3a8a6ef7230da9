/** FDIV, FDIVP, FIDIV: divide. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fdiv: (b) => operateX87(b, 6, "float", 0),
  fdivp: (b) => operateX87(b, 6, "float", 1),
  fidiv: (b) => operateX87(b, 6, "integer", 0),
} as const satisfies SemanticsTable;
