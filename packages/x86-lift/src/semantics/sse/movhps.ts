/** MOVHPS: move the high half between register and memory. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { isMemory } from "../../simd/shapes.ts";

export const semantics = {
  movhps: (b) => {
    if (!requireSse(b, "sse")) return;
    if (isMemory(b, 0)) b.write(0, b.simd("i64x2.extract_lane", b.read(1, 128), undefined, undefined, 1));
    else {
      const source = b.read(1, 64);
      b.write(0, b.simd("i64x2.replace_lane", b.read(0, 128), source, undefined, 1));
    }
    b.next();
  },
} as const satisfies SemanticsTable;
