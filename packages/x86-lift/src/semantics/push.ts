/** PUSH: registers, memory, immediates, segment registers. */
import { OpKind, Register } from "x86-decode";
import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { isSegment } from "../segments.ts";
import { push, setStackPointer, stackOffset, stackPointer } from "../stack.ts";

export const semantics: SemanticsTable = {
  push(b, insn) {
    const width = insn.operandSize as 16 | 32 | 64;
    if (insn.opKind0 === OpKind.Register && isSegment(insn.opReg0)) {
      const selector = b.helper("readSelector", undefined, undefined, undefined, insn.opReg0 - Register.ES);
      if (width === 32) {
        // Processors move 16 bits into the 32-bit slot (SDM vol. 2, PUSH, "Operation").
        const offset = stackOffset(b, -4, stackPointer(b));
        b.store(Segment.SS, offset, selector);
        setStackPointer(b, offset);
      } else {
        push(b, b.zext(width, selector));
      }
    } else {
      push(b, b.read(0, width));
    }
    b.next();
  },
};
