/** RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE, SWAPGS. */
import type { Semantics, SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";

function read(field: "fsBase" | "gsBase"): Semantics {
  return (b, _insn, mode) => {
    if (!mode.cr4.fsgsbase) return b.undefined();
    b.write(0, b.trunc(b.width(0), b.getField(field)));
    b.next();
  };
}

function write(field: "fsBase" | "gsBase"): Semantics {
  return (b, _insn, mode) => {
    if (!mode.cr4.fsgsbase) return b.undefined();
    const base = b.zext(64, b.read(0));
    if (b.width(0) === 64) b.checkTarget(base);
    b.setField(field, base);
    b.next();
  };
}

export const semantics: SemanticsTable = {
  rdfsbase: read("fsBase"),
  rdgsbase: read("gsBase"),
  wrfsbase: write("fsBase"),
  wrgsbase: write("gsBase"),
  swapgs(b) {
    if (!requireCpl0(b)) return;
    const gs = b.getField("gsBase");
    const kernel = b.getField("kernelGsBase");
    b.setField("gsBase", kernel);
    b.setField("kernelGsBase", gs);
    b.next();
  },
};
