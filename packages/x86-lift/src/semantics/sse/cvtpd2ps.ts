/** CVTPD2PS: packed doubles to singles; the high half becomes zero. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  cvtpd2ps: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.zext(128, b.helper("f64x2ToF32x2", readVector(b, 1))));
    b.next();
  },
} as const satisfies SemanticsTable;
