/** MOVLHPS: the low half of the source to the high half of the destination. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movlhps: (b) => {
    if (!requireSse(b, "sse")) return;
    b.write(0, b.simd("i64x2.unpack_low", b.read(0, 128), b.read(1, 128)));
    b.next();
  },
} as const satisfies SemanticsTable;
