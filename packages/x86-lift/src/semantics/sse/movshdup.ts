/** MOVSHDUP: duplicate the odd singles. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  movshdup: (b) => {
    if (!requireSse(b, "sse3")) return;
    b.write(0, b.simd("i32x4.shuffle", readVector(b, 1), undefined, undefined, 0xf5));
    b.next();
  },
} as const satisfies SemanticsTable;
