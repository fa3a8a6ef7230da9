import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  not(b) {
    b.write(0, b.unary("not", b.modify(0)));
    b.next();
  },
};
