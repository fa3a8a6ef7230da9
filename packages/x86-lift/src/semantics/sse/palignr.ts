/** PALIGNR: a window of destination:source. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx, requireSse } from "../../simd/availability.ts";
import { immediate8, isMm, readMmx, readVector, zeroVector } from "../../simd/shapes.ts";

export const semantics = {
  palignr: (b) => {
    const count = immediate8(b);
    if (isMm(b, 0)) {
      if (!requireMmx(b, "ssse3")) return;
      const source = b.zext(128, readMmx(b, 1));
      const both = b.simd("i64x2.unpack_low", source, b.zext(128, b.read(0, 64)));
      b.write(
        0,
        count < 16 ? b.trunc(64, b.simd("v128.shr_bytes", both, undefined, undefined, count)) : b.const(64, 0),
      );
    } else {
      if (!requireSse(b, "ssse3")) return;
      const source = readVector(b, 1);
      b.write(0, count < 32 ? b.simd("i8x16.align_right", b.read(0, 128), source, undefined, count) : zeroVector(b));
    }
    b.next();
  },
} as const satisfies SemanticsTable;
