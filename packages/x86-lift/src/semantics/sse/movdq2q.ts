/** MOVDQ2Q: low half of an XMM register to an MMX register. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movdq2q: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.helper("mmxEnter");
    b.write(0, b.read(1, 64));
    b.next();
  },
} as const satisfies SemanticsTable;
