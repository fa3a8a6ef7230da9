/** BLENDVPD: blend doubles by the signs in XMM0. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  blendvpd: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const source = readVector(b, 1);
    b.write(0, b.simd("i64x2.blend_sign", b.read(0, 128), source, b.getXmm(0)));
    b.next();
  },
} as const satisfies SemanticsTable;
