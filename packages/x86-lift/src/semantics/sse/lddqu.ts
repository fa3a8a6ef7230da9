/** LDDQU: load unaligned integers. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  lddqu: (b) => {
    if (!requireSse(b, "sse3")) return;
    b.write(0, b.read(1, 128));
    b.next();
  },
} as const satisfies SemanticsTable;
