/** CVTTPS2PI: packed floating point to MMX doublewords, truncating. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  cvttps2pi: (b) => {
    if (!requireSse(b, "sse")) return;
    b.helper("x87Wait");
    const source = b.read(1, 64);
    // The x87 state changes even if the conversion then raises #XM.
    b.helper("mmxEnter");
    b.write(0, b.helper("f32x2ToI32x2", source, undefined, undefined, 1));
    b.next();
  },
} as const satisfies SemanticsTable;
