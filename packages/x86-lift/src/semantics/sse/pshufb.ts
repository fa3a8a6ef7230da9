/** PSHUFB: shuffle bytes. The MMX form looks at three index bits. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";
import { isMm, lanewise, readMmx } from "../../simd/shapes.ts";

export const semantics = {
  pshufb: (b) => {
    if (!isMm(b, 0)) {
      lanewise(b, "i8x16.shuffle_bytes", "ssse3");
      return;
    }
    if (!requireMmx(b, "ssse3")) return;
    const control = b.and(readMmx(b, 1), b.const(64, 0x8787_8787 | 0, 0x8787_8787 | 0));
    b.write(0, b.trunc(64, b.simd("i8x16.shuffle_bytes", b.zext(128, b.read(0, 64)), b.zext(128, control))));
    b.next();
  },
} as const satisfies SemanticsTable;
