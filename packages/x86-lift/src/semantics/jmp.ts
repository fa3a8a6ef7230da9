/** JMP near and far. */
import { OpKind } from "x86-decode";
import { farPointer, isFar } from "../far.ts";
import type { SemanticsTable } from "../lift.ts";
import { checkComputedTarget, checkDirectTarget } from "../near.ts";

export const semantics: SemanticsTable = {
  jmp(b, insn) {
    if (insn.opKind0 === OpKind.NearBranch) {
      checkDirectTarget(b, insn);
      b.jump(insn.targetLow, insn.targetHigh);
      return;
    }
    if (isFar(insn)) {
      const [selector, offset] = farPointer(b, insn);
      b.helper("farJump", selector, offset, undefined, insn.operandSize);
      b.dispatch();
      return;
    }
    b.jumpTo(checkComputedTarget(b, b.read(0)));
  },
};
