/**
 * BSF, BSR, and TZCNT, LZCNT, which are BSF and BSR where CPUID does not show them. A zero source leaves the
 * destination of BSF and BSR alone, its upper half included (AMD APM vol. 3; Intel processors do the same). Flags
 * other than ZF (and CF of the counts) are undefined and stay.
 */
import { type Builder, gprNumber, type Val } from "../builder.ts";
import { Flag } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

function scan(index: (b: Builder, x: Val) => Val): (b: Builder) => void {
  return (b) => {
    const x = b.read(1);
    const width = b.widthOf(x);
    const zero = b.isZero(x);
    const found = index(b, x);
    if (width === 32) {
      const destination = gprNumber(b.insn.opReg0);
      b.set(destination, b.select(zero, b.get(64, destination), b.zext(64, found)));
    } else {
      b.write(0, b.select(zero, b.read(0), found));
    }
    b.setFlag(Flag.ZF, zero);
    b.next();
  };
}

const bsf = scan((b, x) => b.unary("ctz", x));
const bsr = scan((b, x) => {
  const width = b.widthOf(x);
  return b.sub(b.const(width, width - 1), b.unary("clz", x));
});

function count(op: "clz" | "ctz"): (b: Builder) => void {
  return (b) => {
    const x = b.read(1);
    const result = b.unary(op, x);
    b.write(0, result);
    b.setFlag(Flag.CF, b.isZero(x));
    b.setFlag(Flag.ZF, b.isZero(result));
    b.next();
  };
}

const tzcnt = count("ctz");
const lzcnt = count("clz");

export const semantics: SemanticsTable = {
  bsf,
  bsr,
  tzcnt: (b, _insn, mode) => (mode.has("bmi1") ? tzcnt : bsf)(b),
  lzcnt: (b, _insn, mode) => (mode.has("lzcnt") ? lzcnt : bsr)(b),
};
