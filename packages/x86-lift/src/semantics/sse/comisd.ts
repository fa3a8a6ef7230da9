/** COMISD: compare scalars and set ZF, PF, CF; OF, SF, AF are cleared. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { STATUS_FLAGS } from "../../simd/shapes.ts";

export const semantics = {
  comisd: (b) => {
    if (!requireSse(b, "sse2")) return;
    const source = b.read(1, 64);
    b.setRflags(b.helper("compareF64", b.read(0, 64), source, undefined, 0), STATUS_FLAGS);
    b.next();
  },
} as const satisfies SemanticsTable;
