/** CVTTPD2PI: packed floating point to MMX doublewords, truncating. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  cvttpd2pi: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.helper("x87Wait");
    const result = b.helper("f64x2ToI32x2", readVector(b, 1), undefined, undefined, 1);
    b.helper("mmxEnter");
    b.write(0, result);
    b.next();
  },
} as const satisfies SemanticsTable;
