/** CVTSI2SS: integer to single. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { xmmNumber } from "../../simd/shapes.ts";

export const semantics = {
  cvtsi2ss: (b) => {
    if (!requireSse(b, "sse")) return;
    const wide = b.width(1) === 64;
    b.setXmm(xmmNumber(b, 0), b.helper(wide ? "i64ToF32" : "i32ToF32", b.read(1, wide ? 64 : 32)));
    b.next();
  },
} as const satisfies SemanticsTable;
