import type { Builder, Val } from "../builder.ts";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

const RAX = 0;
const RDX = 2;

export const semantics: SemanticsTable = {
  imul(b, insn) {
    if (insn.opCount === 1) return accumulate(b);
    const width = b.width(0);
    const x = b.read(insn.opCount - 2, width);
    const y = b.read(insn.opCount - 1, width);
    const low = b.bin("mul", x, y);
    const overflow = exceeds(b, low, b.bin("mulHighS", x, y));
    b.write(0, low);
    finish(b, overflow, low);
  },
};

/** IMUL r/m: the double-width product. */
function accumulate(b: Builder): void {
  const y = b.read(0);
  const width = b.widthOf(y) as 8 | 16 | 32 | 64;
  const x = b.get(width, RAX);
  if (width === 8) {
    const product = b.bin("mul", b.sext(16, x), b.sext(16, y));
    const low = b.trunc(8, product);
    b.set(RAX, product);
    finish(b, b.compare("ne", b.sext(16, low), product), low);
  } else {
    const low = b.bin("mul", x, y);
    const high = b.bin("mulHighS", x, y);
    b.set(RAX, low);
    b.set(RDX, high);
    finish(b, exceeds(b, low, high), low);
  }
}

/** Is the double-width product more than the sign extension of its low half? */
function exceeds(b: Builder, low: Val, high: Val): Val {
  return b.compare("ne", high, b.shift("sar", low, b.const(8, b.widthOf(low) - 1)));
}

function finish(b: Builder, overflow: Val, low: Val): void {
  b.flags(FlagsKind.Mul, b.widthOf(low), overflow, undefined, low);
  b.next();
}
