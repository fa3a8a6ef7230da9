/** FLDCW: load the control word. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";

export const semantics = {
  fldcw: (b) => {
    if (!requireX87(b)) return;
    b.helper("x87Wait");
    b.helper("x87LoadControl", b.read(0, 16));
    b.next();
  },
} as const satisfies SemanticsTable;
