import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  add(b) {
    const x = b.modify(0);
    const y = b.read(1, b.widthOf(x));
    const sum = b.add(x, y);
    b.write(0, sum);
    b.flags(FlagsKind.Add, b.widthOf(sum), x, y, sum);
    b.next();
  },
};
