/** CVTTPS2PI: packed floating point to MMX doublewords, truncating. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  cvttps2pi: (b) => {
    if (!requireSse(b, "sse")) return;
    b.helper("x87Wait");
    const result = b.helper("f32x2ToI32x2", b.read(1, 64), undefined, undefined, 1);
    b.helper("mmxEnter");
    b.write(0, result);
    b.next();
  },
} as const satisfies SemanticsTable;
