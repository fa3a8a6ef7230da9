import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { RBP, setStackPointer, stackOffset } from "../stack.ts";

export const semantics: SemanticsTable = {
  leave(b, insn) {
    const width = insn.operandSize as 16 | 32 | 64;
    const bp = b.get(b.mode.stackBits, RBP);
    const v = b.load(width, Segment.SS, stackOffset(b, 0, bp));
    setStackPointer(b, stackOffset(b, width / 8, bp));
    b.set(RBP, v);
    b.next();
  },
};
