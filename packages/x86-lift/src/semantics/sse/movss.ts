/** MOVSS: a load clears the rest of the register, a register move keeps it. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { isMemory, isXmm } from "../../simd/shapes.ts";

export const semantics = {
  movss: (b) => {
    if (!requireSse(b, "sse")) return;
    const source = b.read(1, 32);
    if (isXmm(b, 0) && isMemory(b, 1)) b.write(0, b.zext(128, source));
    else b.write(0, source);
    b.next();
  },
} as const satisfies SemanticsTable;
