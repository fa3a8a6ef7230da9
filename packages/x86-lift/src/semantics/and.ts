import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  and(b) {
    const x = b.modify(0);
    const result = b.and(x, b.read(1, b.widthOf(x)));
    b.write(0, result);
    b.flags(FlagsKind.Logic, b.widthOf(result), undefined, undefined, result);
    b.next();
  },
};
