/** POP: registers, memory, segment registers. */
import { OpKind, Register } from "x86-decode";
import { type Builder, gprNumber, type Val } from "../builder.ts";
import { Segment } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { isSegment, loadSegment } from "../segments.ts";
import { RSP, setStackPointer, stackOffset, stackPointer, stackPointerAs } from "../stack.ts";

export const semantics: SemanticsTable = {
  pop(b, insn) {
    const width = insn.operandSize as 16 | 32 | 64;
    const sp = stackPointer(b);
    const v = b.load(width, Segment.SS, stackOffset(b, 0, sp));
    const popped = stackOffset(b, width / 8, sp);
    if (insn.opKind0 === OpKind.Memory) {
      b.store(b.segment, destination(b, popped), v);
      setStackPointer(b, popped);
      return b.next();
    }
    if (isSegment(insn.opReg0)) {
      loadSegment(b, insn.opReg0 - Register.ES, b.trunc(16, v), true);
      setStackPointer(b, popped);
      return b.nextFresh();
    }
    setStackPointer(b, popped);
    b.write(0, v);
    b.next();
  },
};

/** Address of the destination; an rSP in it counts after the pop. */
function destination(b: Builder, popped: Val): Val {
  const { insn } = b;
  if (insn.memBase === Register.None || insn.memBase >= Register.EIP || gprNumber(insn.memBase) !== RSP)
    return b.address();
  const bits = insn.addressSize as 16 | 32 | 64;
  const base = stackPointerAs(b, bits, popped);
  const index = insn.memIndex === Register.None ? undefined : b.get(bits, gprNumber(insn.memIndex));
  return b.ea(bits, base, index, insn.memScale, insn.memDispLow, insn.memDispHigh);
}
