/** WAIT: #NM if CR0.MP and CR0.TS are set, then the pending exception. */
import { Vector } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";

export const semantics = {
  wait: (b) => {
    const { mp, ts } = b.mode.cr0;
    if (mp && ts) {
      b.raise(Vector.NM);
      return;
    }
    b.helper("x87Wait");
    b.next();
  },
} as const satisfies SemanticsTable;
