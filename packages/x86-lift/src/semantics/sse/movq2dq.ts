/** MOVQ2DQ: MMX register to XMM register. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readMmx } from "../../simd/shapes.ts";

export const semantics = {
  movq2dq: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.zext(128, readMmx(b, 1)));
    b.next();
  },
} as const satisfies SemanticsTable;
