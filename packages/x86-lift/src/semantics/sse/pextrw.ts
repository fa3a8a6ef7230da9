/** PEXTRW: extract a word. 0F C5 is an SSE (MMX) and SSE2 instruction, the form with a memory destination SSE4.1. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx, requireSse } from "../../simd/availability.ts";
import { immediate8, isMemory, isMm, readMmx } from "../../simd/shapes.ts";

export const semantics = {
  pextrw: (b) => {
    if (isMm(b, 1)) {
      if (!requireMmx(b, "sse")) return;
      const source = b.zext(128, readMmx(b, 1));
      b.write(0, b.simd("i16x8.extract_lane_u", source, undefined, undefined, immediate8(b) & 3));
    } else {
      if (!requireSse(b, isMemory(b, 0) ? "sse4-1" : "sse2")) return;
      const lane = b.simd("i16x8.extract_lane_u", b.read(1, 128), undefined, undefined, immediate8(b) & 7);
      b.write(0, isMemory(b, 0) ? b.trunc(16, lane) : lane);
    }
    b.next();
  },
} as const satisfies SemanticsTable;
