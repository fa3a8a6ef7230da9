/** MOVNTI: store a general register with a non-temporal hint (no SSE state, so no CR0 or CR4 checks). */
import type { SemanticsTable } from "../../lift.ts";

export const semantics = {
  movnti: (b) => {
    if (!b.mode.has("sse2")) return b.undefined();
    b.write(0, b.read(1));
    b.next();
  },
} as const satisfies SemanticsTable;
