/** LOOP, LOOPE, LOOPNE, JCXZ, JECXZ, JRCXZ: the counter is as wide as the address size. No flags change. */
import type { Builder, Val } from "../builder.ts";
import { Flag } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { checkConditionalTarget } from "../near.ts";

const RCX = 1;

function loop(also?: (b: Builder) => Val): Semantics {
  return (b, insn) => {
    const bits = insn.addressSize as 16 | 32 | 64;
    const count = b.sub(b.get(bits, RCX), b.const(bits, 1));
    const more = b.compare("ne", count, b.const(bits, 0));
    const taken = also === undefined ? more : b.and(more, also(b));
    checkConditionalTarget(b, insn, taken);
    b.set(RCX, count);
    b.branch(taken, insn.targetLow, insn.targetHigh);
  };
}

const jumpIfZero: Semantics = (b, insn) => {
  const taken = b.isZero(b.get(insn.addressSize as 16 | 32 | 64, RCX));
  checkConditionalTarget(b, insn, taken);
  b.branch(taken, insn.targetLow, insn.targetHigh);
};

export const semantics: SemanticsTable = {
  loop: loop(),
  loope: loop((b) => b.getFlag(Flag.ZF)),
  loopne: loop((b) => b.unary("not", b.getFlag(Flag.ZF))),
  jcxz: jumpIfZero,
  jecxz: jumpIfZero,
  jrcxz: jumpIfZero,
};
