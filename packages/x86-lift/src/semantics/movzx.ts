import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  movzx(b) {
    b.write(0, b.zext(b.width(0), b.read(1)));
    b.next();
  },
};
