/** VMCALL and VMMCALL: the hypercall instructions of both vendors, at any privilege level; the hypervisor decides. */
import { ExitKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  vmcall(b) {
    b.exit(ExitKind.Vmcall);
  },
  vmmcall(b) {
    b.exit(ExitKind.Vmmcall);
  },
};
