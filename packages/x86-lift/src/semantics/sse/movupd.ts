/** MOVUPD: move unaligned packed doubles. */
import type { Semantics } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  movupd: (b) => {
    if (!requireSse(b, "sse2")) return;
    b.write(0, b.read(1, 128));
    b.next();
  },
} as const satisfies Record<string, Semantics>;
