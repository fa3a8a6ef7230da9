import { FlagsKind, Segment } from "../../ir.ts";
import type { Semantics, SemanticsTable } from "../../lift.ts";
import { destinationOperand, isRepeated, repeat, sourceOperand } from "../../string-operand.ts";

function compare(bytes: 1 | 2 | 4 | 8): Semantics {
  const width = (bytes * 8) as 8 | 16 | 32 | 64;
  return (b, insn) => {
    if (isRepeated(insn)) return repeat(b, "repCmps", bytes);
    const source = sourceOperand(b, bytes);
    const destination = destinationOperand(b, bytes);
    const x = b.load(width, b.segment, source.offset);
    const y = b.load(width, Segment.ES, destination.offset);
    source.advance();
    destination.advance();
    b.flags(FlagsKind.Sub, width, x, y, b.sub(x, y));
    b.next();
  };
}

export const semantics: SemanticsTable = { cmpsb: compare(1), cmpsw: compare(2), cmpsd: compare(4), cmpsq: compare(8) };
