/** MOVDDUP: duplicate the low double. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movddup: (b) => {
    if (!requireSse(b, "sse3")) return;
    const low = b.zext(128, b.read(1, 64));
    b.write(0, b.simd("i64x2.unpack_low", low, low));
    b.next();
  },
} as const satisfies SemanticsTable;
