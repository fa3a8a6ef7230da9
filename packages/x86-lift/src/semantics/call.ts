/** CALL near and far. The target is checked before the return address is pushed. */
import { OpKind } from "x86-decode";
import { farPointer, isFar } from "../far.ts";
import type { SemanticsTable } from "../lift.ts";
import { checkComputedTarget, checkDirectTarget, nextIp } from "../near.ts";
import { push } from "../stack.ts";

export const semantics: SemanticsTable = {
  call(b, insn) {
    const width = insn.operandSize as 16 | 32 | 64;
    if (insn.opKind0 === OpKind.NearBranch) {
      checkDirectTarget(b, insn);
      push(b, nextIp(b, insn, width));
      b.jump(insn.targetLow, insn.targetHigh);
      return;
    }
    if (isFar(insn)) {
      const [selector, offset] = farPointer(b, insn);
      b.helper("farCall", selector, offset, undefined, width);
      b.dispatch();
      return;
    }
    const target = checkComputedTarget(b, b.read(0, width));
    push(b, nextIp(b, insn, width));
    b.jumpTo(target);
  },
};
