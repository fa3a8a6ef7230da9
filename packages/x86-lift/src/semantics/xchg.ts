import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  xchg(b) {
    const x = b.modify(0);
    const y = b.read(1);
    b.write(0, y);
    b.write(1, x);
    b.next();
  },
};
