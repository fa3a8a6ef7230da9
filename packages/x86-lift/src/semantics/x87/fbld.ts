/** FBLD: push packed BCD. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";
import { loadX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fbld: (b) => {
    if (!requireX87(b)) return;
    loadX87(b, "x87LoadBcd");
    b.next();
  },
} as const satisfies SemanticsTable;
