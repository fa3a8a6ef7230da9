/** PINSRB, PINSRD, PINSRQ: insert an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { immediate8, isMemory } from "../../simd/shapes.ts";

export const semantics = {
  pinsrb: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const source = isMemory(b, 1) ? b.read(1, 8) : b.trunc(8, b.read(1, 32));
    b.write(0, b.simd("i8x16.replace_lane", b.read(0, 128), source, undefined, immediate8(b) & 15));
    b.next();
  },
  pinsrd: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const source = b.read(1, 32);
    b.write(0, b.simd("i32x4.replace_lane", b.read(0, 128), source, undefined, immediate8(b) & 3));
    b.next();
  },
  pinsrq: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const source = b.read(1, 64);
    b.write(0, b.simd("i64x2.replace_lane", b.read(0, 128), source, undefined, immediate8(b) & 1));
    b.next();
  },
} as const satisfies SemanticsTable;
