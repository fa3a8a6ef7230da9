/** FCOM, FCOMP, FCOMPP: compare, NaNs are invalid. */
import { OpKind } from "x86-decode";
import type { SemanticsTable } from "../../lift.ts";
import { operateX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fcom: (b) => operateX87(b, 2, "float", 0),
  fcomp: (b) => operateX87(b, b.insn.opKind0 === OpKind.Memory ? 3 : 2, "float", 1),
  fcompp: (b) => operateX87(b, 2, "float", 2),
} as const satisfies SemanticsTable;
