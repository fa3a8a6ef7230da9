/** CVTTPD2PI: packed floating point to MMX doublewords, truncating. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  cvttpd2pi: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.helper("x87Wait");
    const source = readVector(b, 1);
    // The x87 state changes even if the conversion then raises #XM.
    b.helper("mmxEnter");
    b.write(0, b.helper("f64x2ToI32x2", source, undefined, undefined, 1));
    b.next();
  },
} as const satisfies SemanticsTable;
