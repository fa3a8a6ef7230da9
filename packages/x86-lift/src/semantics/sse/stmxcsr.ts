/** STMXCSR: store MXCSR. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  stmxcsr: (b) => {
    if (!requireSse(b, "sse")) return;
    b.write(0, b.getField("mxcsr"));
    b.next();
  },
} as const satisfies SemanticsTable;
