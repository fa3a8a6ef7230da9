/** MOVDQU: move unaligned packed integers. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movdqu: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.read(1, 128));
    b.next();
  },
} as const satisfies SemanticsTable;
