/** FNSTCW: store the control word. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";

export const semantics = {
  fnstcw: (b) => {
    if (!requireX87(b)) return;
    b.write(0, b.getField("fcw"));
    b.next();
  },
} as const satisfies SemanticsTable;
