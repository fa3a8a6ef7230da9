/** LDMXCSR: load MXCSR; #GP(0) for reserved bits. */
import { Vector } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  ldmxcsr: (b) => {
    if (!requireSse(b, "sse")) return;
    const value = b.read(0, 32);
    b.raiseIf(b.compare("ne", b.and(value, b.const(32, 0xffff_0000 | 0)), b.const(32, 0)), Vector.GP, 0);
    b.setField("mxcsr", value);
    b.next();
  },
} as const satisfies SemanticsTable;
