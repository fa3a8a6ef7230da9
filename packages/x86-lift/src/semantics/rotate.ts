/** ROL and ROR. CF and OF change unless the masked count is zero. Source: SDM vol. 2, RCL/RCR/ROL/ROR. */
import type { Builder } from "../builder.ts";
import { FlagsKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { shiftCount } from "../shift-count.ts";

function rotate(op: "rotl" | "rotr", kind: FlagsKind): (b: Builder) => void {
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

export const semantics: SemanticsTable = {
  rol: rotate("rotl", FlagsKind.Rol),
  ror: rotate("rotr", FlagsKind.Ror),
};
