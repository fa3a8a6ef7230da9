/** CVTPI2PS: MMX doublewords to the two low singles. A memory source leaves the x87 state alone, as on AMD processors. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { isMemory, readMmx, xmmNumber } from "../../simd/shapes.ts";

export const semantics = {
  cvtpi2ps: (b) => {
    if (!requireSse(b, "sse")) return;
    b.setXmm(xmmNumber(b, 0), b.helper("i32x2ToF32x2", isMemory(b, 1) ? b.read(1, 64) : readMmx(b, 1)));
    b.next();
  },
} as const satisfies SemanticsTable;
