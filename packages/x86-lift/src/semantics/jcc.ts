import { forConditions } from "../condition-codes.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { checkConditionalTarget } from "../near.ts";

export const semantics: SemanticsTable = forConditions(
  "j",
  (condition): Semantics =>
    (b, insn) => {
      const taken = b.cond(condition);
      checkConditionalTarget(b, insn, taken);
      b.branch(taken, insn.targetLow, insn.targetHigh);
    },
);
