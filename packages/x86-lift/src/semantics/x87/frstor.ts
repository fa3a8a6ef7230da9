/** FRSTOR: load environment and registers. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";

export const semantics = {
  frstor: (b) => {
    if (!requireX87(b)) return;
    const wide = b.insn.operandSize === 16 ? 0 : 1;
    b.helper("x87LoadEnvironment", b.address(), undefined, undefined, wide | 2, b.segment);
    b.next();
  },
} as const satisfies SemanticsTable;
