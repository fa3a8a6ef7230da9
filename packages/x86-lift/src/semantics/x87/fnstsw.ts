/** FNSTSW: store the status word. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";

export const semantics = {
  fnstsw: (b) => {
    if (!requireX87(b)) return;
    b.write(0, b.getField("fsw"));
    b.next();
  },
} as const satisfies SemanticsTable;
