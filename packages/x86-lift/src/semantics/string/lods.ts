import type { Semantics, SemanticsTable } from "../../lift.ts";
import { isRepeated, repeat, sourceOperand } from "../../string-operand.ts";

function load(bytes: 1 | 2 | 4 | 8): Semantics {
  const width = (bytes * 8) as 8 | 16 | 32 | 64;
  return (b, insn) => {
    if (isRepeated(insn)) return repeat(b, "repLods", bytes);
    const source = sourceOperand(b, bytes);
    b.set(0, b.load(width, b.segment, source.offset));
    source.advance();
    b.next();
  };
}

export const semantics: SemanticsTable = { lodsb: load(1), lodsw: load(2), lodsd: load(4), lodsq: load(8) };
