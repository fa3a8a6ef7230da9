import { forConditions } from "../condition-codes.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = forConditions(
  "set",
  (condition): Semantics =>
    (b) => {
      b.write(0, b.zext(8, b.cond(condition)));
      b.next();
    },
);
