/** MOVSD of SSE2: a load clears the rest of the register, a register move keeps it. (The string MOVSD has the same name.) */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { isMemory, isXmm } from "../../simd/shapes.ts";

export const semantics = {
  movsd: (b) => {
    if (!requireSse(b, "sse2")) return;
    const source = b.read(1, 64);
    if (isXmm(b, 0) && isMemory(b, 1)) b.write(0, b.zext(128, source));
    else b.write(0, source);
    b.next();
  },
} as const satisfies SemanticsTable;
