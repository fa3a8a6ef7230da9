/** EMMS: all x87 registers become empty, TOP becomes 0 (SDM vol. 3 table 14-1). */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";

export const semantics = {
  emms: (b) => {
    if (!requireMmx(b, "mmx")) return;
    b.helper("mmxEnter");
    b.setField("ftw", b.const(16, 0xffff));
    b.next();
  },
} as const satisfies SemanticsTable;
