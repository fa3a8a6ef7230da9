/** CVTSS2SI: scalar to integer, rounding as MXCSR says. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  cvtss2si: (b) => {
    if (!requireSse(b, "sse")) return;
    const source = b.read(1, 32);
    b.write(0, b.helper(b.width(0) === 64 ? "f32ToI64" : "f32ToI32", source, undefined, undefined, 0));
    b.next();
  },
} as const satisfies SemanticsTable;
