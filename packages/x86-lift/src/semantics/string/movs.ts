import { Segment } from "../../ir.ts";
import type { Semantics, SemanticsTable } from "../../lift.ts";
import { destinationOperand, isRepeated, repeat, sourceOperand } from "../../string-operand.ts";

function move(bytes: 1 | 2 | 4 | 8): Semantics {
  const width = (bytes * 8) as 8 | 16 | 32 | 64;
  return (b, insn) => {
    if (isRepeated(insn)) return repeat(b, "repMovs", bytes);
    const source = sourceOperand(b, bytes);
    const destination = destinationOperand(b, bytes);
    b.store(Segment.ES, destination.offset, b.load(width, b.segment, source.offset));
    source.advance();
    destination.advance();
    b.next();
  };
}

export const semantics: SemanticsTable = { movsb: move(1), movsw: move(2), movsd: move(4), movsq: move(8) };
