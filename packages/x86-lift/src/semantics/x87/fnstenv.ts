/** FNSTENV: store the environment. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";

export const semantics = {
  fnstenv: (b) => {
    if (!requireX87(b)) return;
    const wide = b.insn.operandSize === 16 ? 0 : 1;
    b.helper("x87StoreEnvironment", b.address(), undefined, undefined, wide, b.segment);
    b.next();
  },
} as const satisfies SemanticsTable;
