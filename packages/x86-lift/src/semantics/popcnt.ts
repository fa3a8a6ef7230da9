import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  /** ZF by the source; the other five flags are cleared. */
  popcnt(b) {
    const x = b.read(1);
    const result = b.unary("popcnt", x);
    b.write(0, result);
    b.setRflags(b.shift("shl", b.zext(64, b.isZero(x)), b.const(8, 6)), 0x8d5);
    b.next();
  },
};
