/** MOVNTPD: store packed doubles with a non-temporal hint. */
import { MemoryFlag } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movntpd: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.read(1, 128, MemoryFlag.Aligned), MemoryFlag.Aligned);
    b.next();
  },
} as const satisfies SemanticsTable;
