/**
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT. SYSCALL also works in compatibility mode, as on AMD processors (Intel's #UD).
 * Source: AMD APM vol. 3; SDM vol. 2.
 */
import { Vector } from "../ir.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";

function sysret(bits: 32 | 64): Semantics {
  return (b, _insn, mode) => {
    if (!mode.sce || !mode.longMode) return b.undefined();
    if (!requireCpl0(b)) return;
    b.helper("sysret", undefined, undefined, undefined, bits);
    b.dispatch();
  };
}

function sysexit(bits: 32 | 64): Semantics {
  return (b, _insn, mode) => {
    if (!mode.protectedMode) return b.raise(Vector.GP, 0);
    if (!requireCpl0(b)) return;
    b.helper("sysexit", undefined, undefined, undefined, bits);
    b.dispatch();
  };
}

export const semantics: SemanticsTable = {
  syscall(b, _insn, mode) {
    if (!mode.sce || !mode.longMode) return b.undefined();
    b.helper("syscall");
    b.dispatch();
  },
  sysret: sysret(32),
  sysretq: sysret(64),
  sysenter(b, _insn, mode) {
    if (!mode.protectedMode) return b.raise(Vector.GP, 0);
    b.helper("sysenter");
    b.dispatch();
  },
  sysexit: sysexit(32),
  sysexitq: sysexit(64),
};
