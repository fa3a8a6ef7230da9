/** FNOP, and FNENI, FNDISI, FNSETPM of older coprocessors: nothing happens. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";
import { x87 } from "../../simd/x87-shapes.ts";

const nothing = (b: Builder): void => {
  if (requireX87(b)) b.next();
};

export const semantics = {
  fnop: (b) => x87(b, "x87Wait", 0),
  fneni: nothing,
  fndisi: nothing,
  fnsetpm: nothing,
} as const satisfies SemanticsTable;
