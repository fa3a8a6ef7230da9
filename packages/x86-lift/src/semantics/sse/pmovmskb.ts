/** PMOVMSKB: the sign bits of bytes. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx, requireSse } from "../../simd/availability.ts";
import { isMm, readMmx } from "../../simd/shapes.ts";

export const semantics = {
  pmovmskb: (b) => {
    if (isMm(b, 1)) {
      if (!requireMmx(b, "sse")) return;
      b.write(0, b.simd("i8x16.bitmask", b.zext(128, readMmx(b, 1))));
    } else {
      if (!requireSse(b, "sse2")) return;
      b.write(0, b.simd("i8x16.bitmask", b.read(1, 128)));
    }
    b.next();
  },
} as const satisfies SemanticsTable;
