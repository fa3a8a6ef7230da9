import { ExitKind } from "../ir.ts";
import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  pause(b) {
    b.exit(ExitKind.Pause);
  },
};
