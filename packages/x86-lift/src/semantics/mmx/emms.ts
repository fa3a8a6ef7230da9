/** EMMS: all x87 registers become empty. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";

export const semantics = {
  emms: (b) => {
    if (!requireMmx(b, "mmx")) return;
    b.helper("x87Wait");
    b.setField("ftw", b.const(16, 0xffff));
    b.next();
  },
} as const satisfies SemanticsTable;
