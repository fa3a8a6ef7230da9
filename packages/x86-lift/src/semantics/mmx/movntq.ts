/** MOVNTQ: store an MMX register with a non-temporal hint. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";

export const semantics = {
  movntq: (b) => {
    if (!requireMmx(b, "sse")) return;
    b.helper("x87Wait");
    b.write(0, b.read(1, 64));
    b.helper("mmxEnter");
    b.next();
  },
} as const satisfies SemanticsTable;
