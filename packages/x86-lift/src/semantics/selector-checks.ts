/** LAR, LSL, VERR, VERW, ARPL: #UD in real and VM86 mode. */
import { gprNumber } from "../builder.ts";
import { Flag } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { requireProtectedMode } from "../privilege.ts";

/** LAR and LSL: the destination changes only when the helper has set ZF, its upper half included. */
function query(helper: "accessRights" | "segmentLimit"): Semantics {
  return (b, insn) => {
    if (!requireProtectedMode(b)) return;
    const answer = b.helper(helper, b.read(1, 16));
    const found = b.getFlag(Flag.ZF);
    if (b.width(0) === 16) {
      b.write(0, b.select(found, b.trunc(16, answer), b.read(0)));
    } else {
      const destination = gprNumber(insn.opReg0);
      b.set(destination, b.select(found, b.zext(64, answer), b.get(64, destination)));
    }
    b.next();
  };
}

function verify(write: 0 | 1): Semantics {
  return (b) => {
    if (!requireProtectedMode(b)) return;
    b.helper("verifySegment", b.read(0, 16), undefined, undefined, write);
    b.next();
  };
}

export const semantics: SemanticsTable = {
  lar: query("accessRights"),
  lsl: query("segmentLimit"),
  verr: verify(0),
  verw: verify(1),

  /** The destination's RPL is raised to the source's; ZF tells whether it was lower. */
  arpl(b) {
    if (!requireProtectedMode(b)) return;
    const selector = b.modify(0, 16);
    const source = b.read(1, 16);
    const three = b.const(16, 3);
    const wanted = b.and(source, three);
    const lower = b.compare("ltU", b.and(selector, three), wanted);
    b.write(0, b.select(lower, b.or(b.and(selector, b.const(16, 0xfffc)), wanted), selector));
    b.setFlag(Flag.ZF, lower);
    b.next();
  },
};
