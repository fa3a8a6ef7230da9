/** PSHUFW: shuffle the words of an MMX register. */
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";
import { immediate8, readMmx } from "../../simd/shapes.ts";

export const semantics = {
  pshufw: (b) => {
    if (!requireMmx(b, "sse")) return;
    const source = b.zext(128, readMmx(b, 1));
    b.write(0, b.trunc(64, b.simd("i16x8.shuffle_low", source, undefined, undefined, immediate8(b))));
    b.next();
  },
} as const satisfies SemanticsTable;
