import { ExitKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";
import { requireCpl0 } from "../privilege.ts";

export const semantics: SemanticsTable = {
  hlt(b) {
    if (requireCpl0(b)) b.exit(ExitKind.Hlt);
  },
};
