/** MOVAPS: move aligned packed singles. */
import { MemoryFlag } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movaps: (b) => {
    if (!requireSse(b, "sse")) return;
    b.write(0, b.read(1, 128, MemoryFlag.Aligned), MemoryFlag.Aligned);
    b.next();
  },
} as const satisfies SemanticsTable;
