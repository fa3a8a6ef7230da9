/** MOVMSKPD: the sign bits of doubles. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movmskpd: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.simd("i64x2.bitmask", b.read(1, 128)));
    b.next();
  },
} as const satisfies SemanticsTable;
