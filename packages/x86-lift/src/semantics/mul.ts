import type { Builder, Val } from "../builder.ts";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RDX = 2;

export const semantics: SemanticsTable = {
  mul(b) {
    const y = b.read(0);
    const width = b.widthOf(y) as 8 | 16 | 32 | 64;
    const x = b.get(width, RAX);
    if (width === 8) {
      const product = b.bin("mul", b.zext(16, x), b.zext(16, y));
      const overflow = b.compare("ltU", b.const(16, 0xff), product);
      b.set(RAX, product);
      finish(b, overflow, b.trunc(8, product));
    } else {
      const low = b.bin("mul", x, y);
      const high = b.bin("mulHighU", x, y);
      b.set(RAX, low);
      b.set(RDX, high);
      finish(b, b.compare("ne", high, b.const(width, 0)), low);
    }
  },
};

function finish(b: Builder, overflow: Val, low: Val): void {
  b.flags(FlagsKind.Mul, b.widthOf(low), overflow, undefined, low);
  b.next();
}
