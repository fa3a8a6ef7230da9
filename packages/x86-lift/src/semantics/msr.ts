/** CPUID, RDMSR, WRMSR, RDPMC: the hypervisor answers. */
import { ExitKind, Vector } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";

export const semantics: SemanticsTable = {
  cpuid(b) {
    b.exit(ExitKind.Cpuid);
  },
  rdmsr(b) {
    if (requireCpl0(b)) b.exit(ExitKind.Rdmsr);
  },
  wrmsr(b) {
    if (requireCpl0(b)) b.exit(ExitKind.Wrmsr);
  },
  rdpmc(b, _insn, mode) {
    if (mode.cpl !== 0 && !mode.cr4.pce) b.raise(Vector.GP, 0);
    else b.exit(ExitKind.Rdpmc);
  },
};
