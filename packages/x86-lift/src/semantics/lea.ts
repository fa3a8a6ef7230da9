import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  lea(b) {
    b.write(0, b.trunc(b.width(0), b.address()));
    b.next();
  },
};
