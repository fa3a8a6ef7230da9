/** MOVHLPS: the high half of the source to the low half of the destination. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movhlps: (b) => {
    if (!requireSse(b, "sse")) return;
    b.write(0, b.simd("i64x2.shuffle_pair", b.read(1, 128), b.read(0, 128), undefined, 0b11));
    b.next();
  },
} as const satisfies SemanticsTable;
