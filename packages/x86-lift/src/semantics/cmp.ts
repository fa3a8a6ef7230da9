import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  cmp(b) {
    const x = b.read(0);
    const y = b.read(1, b.widthOf(x));
    b.flags(FlagsKind.Sub, b.widthOf(x), x, y, b.sub(x, y));
    b.next();
  },
};
