/** MOVSLDUP: duplicate the even singles. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  movsldup: (b) => {
    if (!requireSse(b, "sse3")) return;
    b.write(0, b.simd("i32x4.shuffle", readVector(b, 1), undefined, undefined, 0xa0));
    b.next();
  },
} as const satisfies SemanticsTable;
