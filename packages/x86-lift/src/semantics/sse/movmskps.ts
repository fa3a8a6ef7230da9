/** MOVMSKPS: the sign bits of singles. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movmskps: (b) => {
    if (!requireSse(b, "sse")) return;
    b.write(0, b.simd("i32x4.bitmask", b.read(1, 128)));
    b.next();
  },
} as const satisfies SemanticsTable;
