import { Flag, FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  sbb(b) {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const y = b.read(1, width);
    const difference = b.sub(b.sub(x, y), b.zext(width, b.getFlag(Flag.CF)));
    b.write(0, difference);
    b.flags(FlagsKind.Sub, width, x, y, difference);
    b.next();
  },
};
