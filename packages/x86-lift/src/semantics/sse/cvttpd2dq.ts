/** CVTTPD2DQ: packed doubles to doublewords, truncating; the high half becomes zero. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  cvttpd2dq: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.zext(128, b.helper("f64x2ToI32x2", readVector(b, 1), undefined, undefined, 1)));
    b.next();
  },
} as const satisfies SemanticsTable;
