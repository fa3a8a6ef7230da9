/** RET near and far. */
import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { checkComputedTarget } from "../near.ts";
import { setStackPointer, stackOffset, stackPointer } from "../stack.ts";

export const semantics: SemanticsTable = {
  ret(b, insn) {
    const width = insn.operandSize as 16 | 32 | 64;
    const sp = stackPointer(b);
    const target = checkComputedTarget(b, b.load(width, Segment.SS, stackOffset(b, 0, sp)));
    setStackPointer(b, stackOffset(b, width / 8 + (insn.opCount === 0 ? 0 : insn.immLow & 0xffff), sp));
    b.jumpTo(target);
  },
  retf(b, insn) {
    b.helper(
      "farReturn",
      undefined,
      undefined,
      undefined,
      insn.operandSize,
      insn.opCount === 0 ? 0 : insn.immLow & 0xffff,
    );
    b.dispatch();
  },
};
