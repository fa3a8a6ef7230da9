/** CVTSD2SI: scalar to integer, rounding as MXCSR says. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  cvtsd2si: (b) => {
    if (!requireSse(b, "sse2")) return;
    const source = b.read(1, 64);
    b.write(0, b.helper(b.width(0) === 64 ? "f64ToI64" : "f64ToI32", source, undefined, undefined, 0));
    b.next();
  },
} as const satisfies SemanticsTable;
