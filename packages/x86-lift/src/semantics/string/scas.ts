import { FlagsKind, Segment } from "../../ir.ts";
import type { Semantics, SemanticsTable } from "../../lift.ts";
import { destinationOperand, isRepeated, repeat } from "../../string-operand.ts";

function scan(bytes: 1 | 2 | 4 | 8): Semantics {
  const width = (bytes * 8) as 8 | 16 | 32 | 64;
  return (b, insn) => {
    if (isRepeated(insn)) return repeat(b, "repScas", bytes);
    const destination = destinationOperand(b, bytes);
    const x = b.get(width, 0);
    const y = b.load(width, Segment.ES, destination.offset);
    destination.advance();
    b.flags(FlagsKind.Sub, width, x, y, b.sub(x, y));
    b.next();
  };
}

export const semantics: SemanticsTable = { scasb: scan(1), scasw: scan(2), scasd: scan(4), scasq: scan(8) };
