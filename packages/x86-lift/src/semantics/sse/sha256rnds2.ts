/** SHA256RNDS2: two rounds of SHA-256, keys in XMM0. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector } from "../../simd/shapes.ts";

export const semantics = {
  sha256rnds2: (b) => {
    if (!requireSse(b, "sha")) return;
    const source = readVector(b, 1);
    b.write(0, b.helper("sha256Rounds2", b.read(0, 128), source, b.getXmm(0)));
    b.next();
  },
} as const satisfies SemanticsTable;
