import { Segment } from "../../ir.ts";
import type { Semantics, SemanticsTable } from "../../lift.ts";
import { destinationOperand, isRepeated, repeat } from "../../string-operand.ts";

function store(bytes: 1 | 2 | 4 | 8): Semantics {
  const width = (bytes * 8) as 8 | 16 | 32 | 64;
  return (b, insn) => {
    if (isRepeated(insn)) return repeat(b, "repStos", bytes);
    const destination = destinationOperand(b, bytes);
    b.store(Segment.ES, destination.offset, b.get(width, 0));
    destination.advance();
    b.next();
  };
}

export const semantics: SemanticsTable = { stosb: store(1), stosw: store(2), stosd: store(4), stosq: store(8) };
