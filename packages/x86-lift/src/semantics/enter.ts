import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { RBP, setStackPointer, stackOffset, stackPointer, stackPointerAs } from "../stack.ts";

export const semantics: SemanticsTable = {
  /** Nesting levels (modulo 32) copy that many frame pointers; the final stack pointer must be writable. */
  enter(b, insn) {
    const width = insn.operandSize as 16 | 32 | 64;
    const bytes = width / 8;
    const level = insn.imm2 & 31;
    const sp = stackPointer(b);
    const rbp = b.get(width, RBP);
    const frame = stackOffset(b, -bytes, sp);
    const framePointer = stackPointerAs(b, width, frame);
    let top = bytes;
    b.store(Segment.SS, frame, rbp);
    if (level > 0) {
      const bp = b.get(b.mode.stackBits, RBP);
      for (let n = 1; n < level; n++) {
        top += bytes;
        b.store(Segment.SS, stackOffset(b, -top, sp), b.load(width, Segment.SS, stackOffset(b, -n * bytes, bp)));
      }
      top += bytes;
      b.store(Segment.SS, stackOffset(b, -top, sp), framePointer);
    }
    const final = stackOffset(b, -top - (insn.immLow & 0xffff), sp);
    b.probe(Segment.SS, final, bytes, true);
    b.set(RBP, framePointer);
    setStackPointer(b, final);
    b.next();
  },
};
