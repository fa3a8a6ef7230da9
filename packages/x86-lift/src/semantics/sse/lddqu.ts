/** LDDQU: load unaligned integers. */
import type { Semantics } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  lddqu: (b) => {
    if (!requireSse(b, "sse3")) return;
    b.write(0, b.read(1, 128));
    b.next();
  },
} as const satisfies Record<string, Semantics>;
