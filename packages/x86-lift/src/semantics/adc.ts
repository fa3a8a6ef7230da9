import { Flag, FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  adc(b) {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const y = b.read(1, width);
    const sum = b.add(b.add(x, y), b.zext(width, b.getFlag(Flag.CF)));
    b.write(0, sum);
    b.flags(FlagsKind.Add, width, x, y, sum);
    b.next();
  },
};
