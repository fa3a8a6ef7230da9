/** CLAC and STAC: RFLAGS.AC, which SMAP reads. #UD outside ring 0. */
import type { Semantics, SemanticsTable } from "../lift.ts";
import { Rflags } from "../rflags.ts";

function put(value: number): Semantics {
  return (b, _insn, mode) => {
    if (mode.cpl !== 0) return b.undefined();
    b.helper("writeRflags", b.const(64, value), undefined, undefined, Rflags.AC);
    b.nextFresh();
  };
}

export const semantics: SemanticsTable = { clac: put(0), stac: put(Rflags.AC) };
