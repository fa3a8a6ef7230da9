/**
 * SHLD and SHRD. 16-bit operands with counts above 16 are undefined; as on Intel processors the first operand's bits
 * follow those of the second, which is the same shift with the operands exchanged and the count 16 less.
 * Source: SDM vol. 2, SHLD, SHRD.
 */
import type { Builder, Val } from "../builder.ts";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { constantCount, shiftCount } from "../shift-count.ts";

function doubleShift(left: boolean): (b: Builder) => void {
  const [there, back] = left ? (["shl", "shr"] as const) : (["shr", "shl"] as const);
  const kind = left ? FlagsKind.Shl : FlagsKind.Shr;
  return (b) => {
    const first = b.modify(0);
    const width = b.widthOf(first);
    const second = b.read(1);
    const constant = constantCount(b, 2, width);
    let [x, y]: readonly [Val, Val] = [first, second];
    let count: Val;
    let rest: Val;
    if (constant !== undefined) {
      const over = width === 16 && constant > 16;
      if (over) [x, y] = [second, first];
      const n = over ? constant - 16 : constant;
      count = b.const(8, n);
      rest = b.const(8, width - n);
    } else {
      count = shiftCount(b, 2, width);
      if (width === 16) {
        const sixteen = b.const(8, 16);
        const over = b.compare("ltU", sixteen, count);
        [x, y] = [b.select(over, second, first), b.select(over, first, second)];
        count = b.select(over, b.sub(count, sixteen), count);
      }
      rest = b.sub(b.const(8, width), count);
    }
    const result = b.or(b.shift(there, x, count), b.shift(back, y, rest));
    b.write(0, result);
    b.flags(kind, width, x, count, result);
    b.next();
  };
}

export const semantics: SemanticsTable = { shld: doubleShift(true), shrd: doubleShift(false) };
