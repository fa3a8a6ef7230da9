import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  bswap(b) {
    // 16-bit operands are undefined by the manual; processors give zero.
    const x = b.read(0);
    b.write(0, b.widthOf(x) === 16 ? b.const(16, 0) : b.unary("bswap", x));
    b.next();
  },
};
