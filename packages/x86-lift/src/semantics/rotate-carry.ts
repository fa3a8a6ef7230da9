/**
 * RCL and RCR: rotations of width + 1 bits through CF, so the masked count is taken modulo 9, 17, 33 or 65.
 * OF for any count as for 1: CF XOR the top bit after RCL, the two top bits XORed after RCR.
 * Source: SDM vol. 2, RCL/RCR/ROL/ROR.
 */
import type { Builder, Val } from "../builder.ts";
import { Flag, type IrWidth } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { constantCount, shiftCount } from "../shift-count.ts";

/** The count as a value of width 8 between 0 and `width`; a number when it is constant. */
function carryCount(b: Builder, width: IrWidth): Val | number {
  const modulus = width + 1;
  const constant = constantCount(b, 1, width);
  if (constant !== undefined) return constant % modulus;
  const masked = shiftCount(b, 1, width);
  if (width >= 32) return masked;
  return b.trunc(8, b.bin("remU", b.zext(32, masked), b.const(32, modulus)));
}

function rotateThroughCarry(left: boolean): (b: Builder) => void {
  return (b) => {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const carry = b.getFlag(Flag.CF);
    const amount = carryCount(b, width);
    if (amount === 0) {
      b.write(0, x);
      b.next();
      return;
    }
    const variable = typeof amount !== "number";
    const count = variable ? amount : b.const(8, amount);
    const minus = (low: number) => (variable ? b.sub(b.const(8, low), count) : b.const(8, low - amount));
    const one = b.const(8, 1);
    // Shifts by the width or more give zero, also for a count of 0 − 1 = 255: so a count of zero leaves x.
    const before = variable ? b.sub(count, one) : b.const(8, amount - 1);
    const [there, back] = left ? (["shl", "shr"] as const) : (["shr", "shl"] as const);
    const inserted = b.shift("shl", b.zext(width, carry), left ? before : minus(width));
    const result = b.or(b.or(b.shift(there, x, count), inserted), b.shift(back, x, minus(width + 1)));
    const out = b.trunc(1, b.shift("shr", x, left ? minus(width) : before));
    const top = topBit(b, result, width - 1);
    const newCarry = out;
    const newOverflow = b.xor(top, left ? out : topBit(b, result, width - 2));
    if (variable) {
      const none = b.isZero(count);
      const kept = b.getFlag(Flag.OF);
      b.write(0, result);
      b.setFlag(Flag.CF, b.select(none, carry, newCarry));
      b.setFlag(Flag.OF, b.select(none, kept, newOverflow));
    } else {
      b.write(0, result);
      b.setFlag(Flag.CF, newCarry);
      b.setFlag(Flag.OF, newOverflow);
    }
    b.next();
  };
}

function topBit(b: Builder, v: Val, bit: number): Val {
  return b.trunc(1, b.shift("shr", v, b.const(8, bit)));
}

export const semantics: SemanticsTable = {
  rcl: rotateThroughCarry(true),
  rcr: rotateThroughCarry(false),
};
