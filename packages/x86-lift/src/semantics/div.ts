/** DIV and IDIV. The six status flags are undefined and stay as they were. */
import type { Builder, Val } from "../builder.ts";
import { Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RDX = 2;

export const semantics: SemanticsTable = {
  div(b) {
    const divisor = b.read(0);
    const width = b.widthOf(divisor) as 8 | 16 | 32 | 64;
    if (width === 64) {
      b.helper("div128", divisor);
      b.next();
      return;
    }
    const wide = width === 32 ? 64 : 32;
    b.raiseIf(b.isZero(divisor), Vector.DE);
    const x = dividend(b, width, wide, false);
    const y = b.zext(wide, divisor);
    const quotient = b.bin("divU", x, y);
    b.raiseIf(b.compare("ltU", b.const(wide, width === 32 ? -1 : (1 << width) - 1, 0), quotient), Vector.DE);
    finish(b, b.trunc(width, quotient), b.trunc(width, b.bin("remU", x, y)));
  },

  idiv(b) {
    const divisor = b.read(0);
    const width = b.widthOf(divisor) as 8 | 16 | 32 | 64;
    if (width === 64) {
      b.helper("idiv128", divisor);
      b.next();
      return;
    }
    const wide = width === 8 ? 32 : 64;
    b.raiseIf(b.isZero(divisor), Vector.DE);
    const x = dividend(b, width, wide, true);
    const y = b.sext(wide, divisor);
    if (width === 32) {
      const overflow = b.and(b.compare("eq", x, b.const(64, 0, 1 << 31)), b.compare("eq", y, b.const(64, -1)));
      b.raiseIf(overflow, Vector.DE);
    }
    const quotient = b.bin("divS", x, y);
    const low = b.trunc(width, quotient);
    b.raiseIf(b.compare("ne", b.sext(wide, low), quotient), Vector.DE);
    finish(b, low, b.trunc(width, b.bin("remS", x, y)));
  },
};

/** AX, DX:AX or EDX:EAX in `wide` bits. */
function dividend(b: Builder, width: 8 | 16 | 32, wide: 32 | 64, signed: boolean): Val {
  const extend = (v: Val) => (signed ? b.sext(wide, v) : b.zext(wide, v));
  if (width === 8) return extend(b.get(16, RAX));
  const double = width === 16 ? 32 : 64;
  const high = b.shift("shl", b.zext(double, b.get(width, RDX)), b.const(8, width));
  return extend(b.or(high, b.zext(double, b.get(width, RAX))));
}

function finish(b: Builder, quotient: Val, remainder: Val): void {
  const bytes = b.widthOf(quotient) === 8;
  b.set(RAX, quotient);
  b.set(bytes ? 16 : RDX, remainder);
  b.next();
}
