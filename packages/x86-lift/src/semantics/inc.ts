import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  inc(b) {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const one = b.const(width, 1);
    const result = b.add(x, one);
    b.write(0, result);
    b.flags(FlagsKind.Inc, width, x, one, result);
    b.next();
  },
};
