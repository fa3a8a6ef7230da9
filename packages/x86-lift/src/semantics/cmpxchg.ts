import { OpKind } from "x86-decode";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  cmpxchg(b, insn) {
    const old = b.modify(0);
    const width = b.widthOf(old) as 8 | 16 | 32 | 64;
    const replacement = b.read(1, width);
    const accumulator = b.get(width, 0);
    const difference = b.sub(accumulator, old);
    const equal = b.compare("eq", accumulator, old);
    // Memory is written in any case. RAX keeps its upper half when the comparison succeeds.
    const stored = b.select(equal, replacement, old);
    const rax = width === 32 ? b.select(equal, b.get(64, 0), b.zext(64, old)) : b.select(equal, accumulator, old);
    if (insn.opKind0 === OpKind.Memory) {
      b.write(0, stored);
      b.set(0, rax);
    } else {
      b.set(0, rax);
      b.write(0, stored);
    }
    b.flags(FlagsKind.Sub, width, accumulator, old, difference);
    b.next();
  },
};
