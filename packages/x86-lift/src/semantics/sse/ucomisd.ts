/** UCOMISD: compare scalars (quiet NaNs are no exception) and set ZF, PF, CF; OF, SF, AF are cleared. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { STATUS_FLAGS } from "../../simd/shapes.ts";

export const semantics = {
  ucomisd: (b) => {
    if (!requireSse(b, "sse2")) return;
    const source = b.read(1, 64);
    b.setRflags(b.helper("compareF64", b.read(0, 64), source, undefined, 1), STATUS_FLAGS);
    b.next();
  },
} as const satisfies SemanticsTable;
