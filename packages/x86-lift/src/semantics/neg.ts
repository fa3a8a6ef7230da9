import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  neg(b) {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const zero = b.const(width, 0);
    const result = b.sub(zero, x);
    b.write(0, result);
    b.flags(FlagsKind.Sub, width, zero, x, result);
    b.next();
  },
};
