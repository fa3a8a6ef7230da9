/** UCOMISS: compare scalars (quiet NaNs are no exception) and set ZF, PF, CF; OF, SF, AF are cleared. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { STATUS_FLAGS } from "../../simd/shapes.ts";

export const semantics = {
  ucomiss: (b) => {
    if (!requireSse(b, "sse")) return;
    const source = b.read(1, 32);
    b.setRflags(b.helper("compareF32", b.read(0, 32), source, undefined, 1), STATUS_FLAGS);
    b.next();
  },
} as const satisfies SemanticsTable;
