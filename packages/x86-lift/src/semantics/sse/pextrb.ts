/** PEXTRB, PEXTRD, PEXTRQ: extract an integer. A register destination is zero-extended. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { immediate8, isMemory } from "../../simd/shapes.ts";

export const semantics = {
  pextrb: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const lane = b.simd("i8x16.extract_lane_u", b.read(1, 128), undefined, undefined, immediate8(b) & 15);
    b.write(0, isMemory(b, 0) ? b.trunc(8, lane) : lane);
    b.next();
  },
  pextrd: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    b.write(0, b.simd("i32x4.extract_lane", b.read(1, 128), undefined, undefined, immediate8(b) & 3));
    b.next();
  },
  pextrq: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    b.write(0, b.simd("i64x2.extract_lane", b.read(1, 128), undefined, undefined, immediate8(b) & 1));
    b.next();
  },
} as const satisfies SemanticsTable;
