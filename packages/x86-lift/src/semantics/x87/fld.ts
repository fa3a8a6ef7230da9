/** FLD: push a number. */
import { OpKind } from "x86-decode";
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";
import { loadX87, stackNumber } from "../../simd/x87-shapes.ts";

export const semantics = {
  fld: (b) => {
    if (!requireX87(b)) return;
    if (b.insn.opKind0 === OpKind.Register)
      b.helper("x87LoadStack", undefined, undefined, undefined, stackNumber(b, 0));
    else loadX87(b, b.insn.memSize === 4 ? "x87LoadF32" : b.insn.memSize === 8 ? "x87LoadF64" : "x87LoadF80");
    b.next();
  },
} as const satisfies SemanticsTable;
