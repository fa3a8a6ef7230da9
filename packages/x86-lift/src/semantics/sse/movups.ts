/** MOVUPS: move unaligned packed singles. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movups: (b) => {
    if (!requireSse(b, "sse")) return;
    b.write(0, b.read(1, 128));
    b.next();
  },
} as const satisfies SemanticsTable;
