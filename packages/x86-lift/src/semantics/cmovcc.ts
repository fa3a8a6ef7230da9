import { forConditions } from "../condition-codes.ts";
import type { Semantics, SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = forConditions(
  "cmov",
  (condition): Semantics =>
    (b) => {
      // The source is read, and a 32-bit destination's upper half cleared, whether or not the condition holds.
      const source = b.read(1);
      b.write(0, b.select(b.cond(condition), source, b.read(0)));
      b.next();
    },
);
