import { OpKind } from "x86-decode";
import { gprNumber } from "../builder.ts";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

/** SDM vol. 2, CMPXCHG. Memory is written in any case; registers that keep their value keep all 64 bits of it. */
export const semantics: SemanticsTable = {
  cmpxchg(b, insn) {
    const old = b.modify(0);
    const width = b.widthOf(old) as 8 | 16 | 32 | 64;
    const replacement = b.read(1, width);
    const accumulator = b.get(width, 0);
    const difference = b.sub(accumulator, old);
    const equal = b.compare("eq", accumulator, old);
    const rax = width === 32 ? b.select(equal, b.get(64, 0), b.zext(64, old)) : b.select(equal, accumulator, old);
    if (insn.opKind0 === OpKind.Memory) {
      b.write(0, b.select(equal, replacement, old));
      b.set(0, rax);
    } else if (width === 32) {
      const destination = gprNumber(insn.opReg0);
      const stored = b.select(equal, b.zext(64, replacement), b.get(64, destination));
      b.set(0, rax);
      b.set(destination, stored);
    } else {
      const stored = b.select(equal, replacement, old);
      b.set(0, rax);
      b.write(0, stored);
    }
    b.flags(FlagsKind.Sub, width, accumulator, old, difference);
    b.next();
  },
};
