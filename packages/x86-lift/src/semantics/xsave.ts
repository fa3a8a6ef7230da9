/** XGETBV, XSETBV, the XSAVE family, FXSAVE, FXRSTOR. */
import type { Builder } from "../builder.ts";
import { ExitKind, Vector } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";

/** #UD without CR4.OSXSAVE, then #NM with CR0.TS; the supervisor forms are #GP(0) outside ring 0. */
function mayUseXsave(b: Builder, supervisor: boolean): boolean {
  if (!b.mode.cr4.osxsave) {
    b.undefined();
    return false;
  }
  if (supervisor && !requireCpl0(b)) return false;
  if (b.mode.cr0.ts) {
    b.raise(Vector.NM);
    return false;
  }
  return true;
}

const SUPERVISOR = 3;

function area(helper: "xsave" | "xrstor", kind: 0 | 1 | 2 | 3, wide: 0 | 1): Semantics {
  return (b) => {
    if (!mayUseXsave(b, kind === SUPERVISOR)) return;
    b.helper(helper, b.address(), undefined, undefined, b.segment | (wide << 8), kind);
    // XRSTOR may load PKRU, which decides what memory may be read.
    if (helper === "xrstor") b.nextFresh();
    else b.next();
  };
}

function legacyArea(helper: "fxsave" | "fxrstor", wide: 0 | 1): Semantics {
  return (b, _insn, mode) => {
    if (mode.cr0.em || mode.cr0.ts) return b.raise(Vector.NM);
    b.helper(helper, b.address(), undefined, undefined, b.segment | (wide << 8));
    b.next();
  };
}

export const semantics: SemanticsTable = {
  xgetbv(b, _insn, mode) {
    if (!mode.cr4.osxsave) return b.undefined();
    const value = b.helper("readXcr");
    b.set(0, b.trunc(32, value));
    b.set(2, b.trunc(32, b.shift("shr", value, b.const(8, 32))));
    b.next();
  },
  xsetbv(b, _insn, mode) {
    if (!mode.cr4.osxsave) return b.undefined();
    if (requireCpl0(b)) b.exit(ExitKind.Xsetbv);
  },
  xsave: area("xsave", 0, 0),
  xsave64: area("xsave", 0, 1),
  xsaveopt: area("xsave", 1, 0),
  xsaveopt64: area("xsave", 1, 1),
  xsavec: area("xsave", 2, 0),
  xsavec64: area("xsave", 2, 1),
  xsaves: area("xsave", SUPERVISOR, 0),
  xsaves64: area("xsave", SUPERVISOR, 1),
  xrstor: area("xrstor", 0, 0),
  xrstor64: area("xrstor", 0, 1),
  xrstors: area("xrstor", SUPERVISOR, 0),
  xrstors64: area("xrstor", SUPERVISOR, 1),
  fxsave: legacyArea("fxsave", 0),
  fxsave64: legacyArea("fxsave", 1),
  fxrstor: legacyArea("fxrstor", 0),
  fxrstor64: legacyArea("fxrstor", 1),
};
