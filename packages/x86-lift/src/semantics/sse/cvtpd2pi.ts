/** CVTPD2PI: packed floating point to MMX doublewords. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  cvtpd2pi: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.helper("x87Wait");
    const result = b.helper("f64x2ToI32x2", readVector(b, 1), undefined, undefined, 0);
    b.helper("mmxEnter");
    b.write(0, result);
    b.next();
  },
} as const satisfies SemanticsTable;
