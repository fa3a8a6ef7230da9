/** FUCOM, FUCOMP, FUCOMPP: compare, quiet NaNs are no exception. */
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fucom: (b) => operateX87(b, 0x12, "float", 0),
  fucomp: (b) => operateX87(b, 0x12, "float", 1),
  fucompp: (b) => operateX87(b, 0x12, "float", 2),
} as const satisfies SemanticsTable;
