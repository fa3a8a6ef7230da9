/** EXTRACTPS: extract a single as an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { immediate8 } from "../../simd/shapes.ts";

export const semantics = {
  extractps: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    b.write(0, b.simd("i32x4.extract_lane", b.read(1, 128), undefined, undefined, immediate8(b) & 3));
    b.next();
  },
} as const satisfies SemanticsTable;
