/** FDIVR, FDIVRP, FIDIVR: divide the other way round. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fdivr: (b) => operateX87(b, 7, "float", 0),
  fdivrp: (b) => operateX87(b, 7, "float", 1),
  fidivr: (b) => operateX87(b, 7, "integer", 0),
} as const satisfies SemanticsTable;
