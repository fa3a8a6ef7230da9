/**
 * SHL, SHR, SAR (and SAL, its second encoding): counts modulo 32, or 64 for 64-bit operands. A count of zero leaves
 * the flags, but writes the destination. Source: SDM vol. 2, SAL/SAR/SHL/SHR.
 */
import type { Builder } from "../builder.ts";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { shiftCount } from "../shift-count.ts";

function shift(op: "shl" | "shr" | "sar", kind: FlagsKind): (b: Builder) => void {
  return (b) => {
    const x = b.modify(0);
    const width = b.widthOf(x);
    const count = shiftCount(b, 1, width);
    const result = b.shift(op, x, count);
    b.write(0, result);
    b.flags(kind, width, x, count, result);
    b.next();
  };
}

const left = shift("shl", FlagsKind.Shl);

export const semantics: SemanticsTable = {
  shl: left,
  sal: left,
  shr: shift("shr", FlagsKind.Shr),
  sar: shift("sar", FlagsKind.Sar),
};
