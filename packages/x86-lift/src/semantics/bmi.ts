/** BMI1 and BMI2, one line of algebra each. Source: SDM vol. 2, the entries of that name; undefined flags stay. */
import type { Builder, Val } from "../builder.ts";
import { Flag, FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

/** SF and ZF of the result, OF = 0, CF given; AF and PF are undefined and become those of a logic operation. */
function finish(b: Builder, result: Val, carry?: Val): void {
  b.write(0, result);
  b.flags(FlagsKind.Logic, b.widthOf(result), undefined, undefined, result);
  if (carry !== undefined) b.setFlag(Flag.CF, carry);
  b.next();
}

/** SHLX, SHRX, SARX: no flags. */
function shift(op: "shl" | "shr" | "sar"): (b: Builder) => void {
  return (b) => {
    const x = b.read(1);
    const count = b.and(b.read(2, 8), b.const(8, b.widthOf(x) - 1));
    b.write(0, b.shift(op, x, count));
    b.next();
  };
}

export const semantics: SemanticsTable = {
  andn(b) {
    const inverted = b.unary("not", b.read(1));
    finish(b, b.and(inverted, b.read(2)));
  },
  blsi(b) {
    const x = b.read(1);
    finish(b, b.and(b.unary("neg", x), x), b.compare("ne", x, b.const(b.widthOf(x), 0)));
  },
  blsmsk(b) {
    const x = b.read(1);
    finish(b, b.xor(b.sub(x, b.const(b.widthOf(x), 1)), x), b.isZero(x));
  },
  blsr(b) {
    const x = b.read(1);
    finish(b, b.and(b.sub(x, b.const(b.widthOf(x), 1)), x), b.isZero(x));
  },
  bextr(b) {
    const x = b.read(1);
    const width = b.widthOf(x);
    const control = b.read(2);
    const start = b.trunc(8, control);
    const length = b.trunc(8, b.shift("shr", control, b.const(8, 8)));
    const mask = b.sub(b.shift("shl", b.const(width, 1), length), b.const(width, 1));
    finish(b, b.and(b.shift("shr", x, start), mask));
  },
  bzhi(b) {
    const x = b.read(1);
    const width = b.widthOf(x);
    const index = b.read(2, 8);
    const mask = b.sub(b.shift("shl", b.const(width, 1), index), b.const(width, 1));
    finish(b, b.and(x, mask), b.compare("ltU", b.const(8, width - 1), index));
  },
  mulx(b) {
    const y = b.read(2);
    const width = b.widthOf(y) as 32 | 64;
    const x = b.get(width, 2);
    const low = b.bin("mul", x, y);
    const high = b.bin("mulHighU", x, y);
    // One register as both destinations takes the high half.
    b.write(1, low);
    b.write(0, high);
    b.next();
  },
  pdep(b) {
    deposit(b, "pdep");
  },
  pext(b) {
    deposit(b, "pext");
  },
  rorx(b, insn) {
    const x = b.read(1);
    b.write(0, b.shift("rotr", x, b.const(8, insn.immLow & (b.widthOf(x) - 1))));
    b.next();
  },
  shlx: shift("shl"),
  shrx: shift("shr"),
  sarx: shift("sar"),
};

function deposit(b: Builder, helper: "pdep" | "pext"): void {
  const x = b.read(1);
  const mask = b.read(2);
  b.write(0, b.trunc(b.widthOf(x), b.helper(helper, b.zext(64, x), b.zext(64, mask))));
  b.next();
}
