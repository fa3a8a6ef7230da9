import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  dec(b) {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const one = b.const(width, 1);
    const result = b.sub(x, one);
    b.write(0, result);
    b.flags(FlagsKind.Dec, width, x, one, result);
    b.next();
  },
};
