import { OpKind } from "x86-decode";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  xadd(b, insn) {
    const x = b.modify(0);
    const y = b.read(1);
    const sum = b.add(x, y);
    // With one register as both operands the sum is what stays; memory comes first because it can fault.
    if (insn.opKind0 === OpKind.Memory) {
      b.write(0, sum);
      b.write(1, x);
    } else {
      b.write(1, x);
      b.write(0, sum);
    }
    b.flags(FlagsKind.Add, b.widthOf(x), x, y, sum);
    b.next();
  },
};
