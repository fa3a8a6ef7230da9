import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  movbe(b) {
    b.write(0, b.unary("bswap", b.read(1)));
    b.next();
  },
};
