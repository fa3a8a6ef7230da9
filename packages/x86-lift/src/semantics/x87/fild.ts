/** FILD: push an integer. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";
import { loadX87 } from "../../simd/x87-shapes.ts";

export const semantics = {
  fild: (b) => {
    if (!requireX87(b)) return;
    loadX87(b, b.insn.memSize === 2 ? "x87LoadI16" : b.insn.memSize === 4 ? "x87LoadI32" : "x87LoadI64");
    b.next();
  },
} as const satisfies SemanticsTable;
