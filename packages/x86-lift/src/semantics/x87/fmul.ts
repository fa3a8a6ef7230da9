/** FMUL, FMULP, FIMUL: multiply. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fmul: (b) => operateX87(b, 1, "float", 0),
  fmulp: (b) => operateX87(b, 1, "float", 1),
  fimul: (b) => operateX87(b, 1, "integer", 0),
} as const satisfies SemanticsTable;
