/**
 * RCL and RCR: rotations of width + 1 bits through CF, so the masked count is taken modulo 9, 17, 33 or 65.
 * OF for any count as for 1: CF XOR the top bit after RCL, the two top bits XORed after RCR.
 * Source: SDM vol. 2, RCL/RCR/ROL/ROR.
 */
import type { Builder, Val } from "../builder.ts";
import { Flag, type IrWidth } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { constantCount, shiftCount } from "../shift-count.ts";

/** The count in CL as a value of width 8 between 0 and `width`. */
function variableCount(b: Builder, width: IrWidth): Val {
  const masked = shiftCount(b, 1, width);
  if (width >= 32) return masked;
  return b.trunc(8, b.bin("remU", b.zext(32, masked), b.const(32, width + 1)));
}

/** What a rotation by `count` gives, and the bit that leaves. Its counts lie between 0 and `width`, values of width 8. */
function rotated(b: Builder, left: boolean, x: Val, carry: Val, counts: Counts): { result: Val; out: Val } {
  // Shifts by the width or more give zero, also by 0 − 1 = 255: so a count of zero leaves x.
  const width = b.widthOf(x);
  const [there, back] = left ? (["shl", "shr"] as const) : (["shr", "shl"] as const);
  const inserted = b.shift("shl", b.zext(width, carry), left ? counts.minusOne : counts.fromWidth);
  const result = b.or(b.or(b.shift(there, x, counts.count), inserted), b.shift(back, x, counts.fromModulus));
  return { result, out: b.trunc(1, b.shift("shr", x, left ? counts.fromWidth : counts.minusOne)) };
}

interface Counts {
  readonly count: Val;
  readonly minusOne: Val;
  /** width − count, width + 1 − count. */
  readonly fromWidth: Val;
  readonly fromModulus: Val;
}

function rotateThroughCarry(left: boolean): (b: Builder) => void {
  return (b) => {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const carry = b.getFlag(Flag.CF);
    const constant = constantCount(b, 1, width);
    if (constant !== undefined) {
      const n = constant % (width + 1);
      if (n === 0) {
        b.write(0, x);
      } else {
        const counts = {
          count: b.const(8, n),
          minusOne: b.const(8, n - 1),
          fromWidth: b.const(8, width - n),
          fromModulus: b.const(8, width + 1 - n),
        };
        const { result, out } = rotated(b, left, x, carry, counts);
        b.write(0, result);
        b.setFlag(Flag.CF, out);
        b.setFlag(Flag.OF, overflow(b, left, result, out));
      }
    } else {
      const count = variableCount(b, width);
      const counts = {
        count,
        minusOne: b.sub(count, b.const(8, 1)),
        fromWidth: b.sub(b.const(8, width), count),
        fromModulus: b.sub(b.const(8, width + 1), count),
      };
      const { result, out } = rotated(b, left, x, carry, counts);
      const none = b.isZero(count);
      const newOverflow = b.select(none, b.getFlag(Flag.OF), overflow(b, left, result, out));
      b.write(0, result);
      b.setFlag(Flag.CF, b.select(none, carry, out));
      b.setFlag(Flag.OF, newOverflow);
    }
    b.next();
  };
}

function overflow(b: Builder, left: boolean, result: Val, out: Val): Val {
  const width = b.widthOf(result);
  return b.xor(bit(b, result, width - 1), left ? out : bit(b, result, width - 2));
}

function bit(b: Builder, v: Val, n: number): Val {
  return b.trunc(1, b.shift("shr", v, b.const(8, n)));
}

export const semantics: SemanticsTable = {
  rcl: rotateThroughCarry(true),
  rcr: rotateThroughCarry(false),
};
