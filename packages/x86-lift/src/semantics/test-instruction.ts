import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  test(b) {
    const x = b.read(0);
    const result = b.and(x, b.read(1, b.widthOf(x)));
    b.flags(FlagsKind.Logic, b.widthOf(result), undefined, undefined, result);
    b.next();
  },
};
