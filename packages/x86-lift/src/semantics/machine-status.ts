/** SMSW, LMSW, CLTS. */
import { OpKind } from "x86-decode";
import type { SemanticsTable } from "../lift.ts";
import { requireCpl0, requireUmip } from "../privilege.ts";

export const semantics: SemanticsTable = {
  /** Registers of 32 and 64 bits take all of CR0. */
  smsw(b, insn) {
    if (!requireUmip(b)) return;
    b.write(
      0,
      b.trunc(insn.opKind0 === OpKind.Memory ? 16 : b.width(0), b.helper("readCr", undefined, undefined, undefined, 0)),
    );
    b.next();
  },
  lmsw(b) {
    if (!requireCpl0(b)) return;
    b.helper("loadMsw", b.read(0, 16));
    b.nextFresh();
  },
  clts(b) {
    if (!requireCpl0(b)) return;
    b.helper("clearTaskSwitched");
    b.nextFresh();
  },
};
