/** FCOMI, FCOMIP, FUCOMI, FUCOMIP: compare and set ZF, PF, CF. */
import type { SemanticsTable } from "../../lift.ts";
import { requireX87 } from "../../simd/availability.ts";
import { STATUS_FLAGS } from "../../simd/shapes.ts";
import { stackNumber } from "../../simd/x87-shapes.ts";

export const semantics = {
  fcomi: (b) => {
    if (!requireX87(b, "cmov")) return;
    b.setRflags(b.helper("x87CompareFlags", undefined, undefined, undefined, stackNumber(b, 1)), STATUS_FLAGS);
    b.next();
  },
  fcomip: (b) => {
    if (!requireX87(b, "cmov")) return;
    b.setRflags(b.helper("x87CompareFlags", undefined, undefined, undefined, stackNumber(b, 1) | 0x100), STATUS_FLAGS);
    b.next();
  },
  fucomi: (b) => {
    if (!requireX87(b, "cmov")) return;
    b.setRflags(b.helper("x87CompareFlags", undefined, undefined, undefined, stackNumber(b, 1) | 0x10), STATUS_FLAGS);
    b.next();
  },
  fucomip: (b) => {
    if (!requireX87(b, "cmov")) return;
    b.setRflags(b.helper("x87CompareFlags", undefined, undefined, undefined, stackNumber(b, 1) | 0x110), STATUS_FLAGS);
    b.next();
  },
} as const satisfies SemanticsTable;
