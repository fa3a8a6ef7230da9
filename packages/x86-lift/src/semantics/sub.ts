import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  sub(b) {
    const x = b.modify(0);
    const y = b.read(1, b.widthOf(x));
    const difference = b.sub(x, y);
    b.write(0, difference);
    b.flags(FlagsKind.Sub, b.widthOf(x), x, y, difference);
    b.next();
  },
};
