/** PSLLDQ: shift the double quadword left by bytes. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { immediate8, zeroVector } from "../../simd/shapes.ts";

export const semantics = {
  pslldq: (b) => {
    if (!requireSse(b, "sse2")) return;
    const count = immediate8(b);
    b.write(0, count < 16 ? b.simd("v128.shl_bytes", b.read(0, 128), undefined, undefined, count) : zeroVector(b));
    b.next();
  },
} as const satisfies SemanticsTable;
