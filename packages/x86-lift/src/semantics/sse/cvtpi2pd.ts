/** CVTPI2PD: MMX doublewords to doubles. With a memory source the x87 state stays untouched. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { isMemory, readMmx } from "../../simd/shapes.ts";

export const semantics = {
  cvtpi2pd: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.helper("i32x2ToF64x2", isMemory(b, 1) ? b.read(1, 64) : readMmx(b, 1)));
    b.next();
  },
} as const satisfies SemanticsTable;
