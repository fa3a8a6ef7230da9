/** PINSRW: insert a word. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx, requireSse } from "../../simd/availability.ts";
import { immediate8, isMemory, isMm } from "../../simd/shapes.ts";

export const semantics = {
  pinsrw: (b) => {
    const mmx = isMm(b, 0);
    if (!(mmx ? requireMmx(b, "sse") : requireSse(b, "sse2"))) return;
    if (mmx) b.helper("x87Wait");
    const source = isMemory(b, 1) ? b.read(1, 16) : b.trunc(16, b.read(1, 32));
    if (mmx) {
      b.helper("mmxEnter");
      const destination = b.zext(128, b.read(0, 64));
      b.write(0, b.trunc(64, b.simd("i16x8.replace_lane", destination, source, undefined, immediate8(b) & 3)));
    } else b.write(0, b.simd("i16x8.replace_lane", b.read(0, 128), source, undefined, immediate8(b) & 7));
    b.next();
  },
} as const satisfies SemanticsTable;
