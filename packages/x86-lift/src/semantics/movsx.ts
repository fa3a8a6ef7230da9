import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  movsx(b) {
    b.write(0, b.sext(b.width(0), b.read(1)));
    b.next();
  },
  movsxd(b) {
    b.write(0, b.sext(b.width(0), b.read(1)));
    b.next();
  },
};
