/** FIST, FISTP, FISTTP: store an integer. */
import type { Builder } from "../../builder.ts";
import type { SemanticsTable } from "../../lift.ts";
import { storeX87 } from "../../simd/x87-shapes.ts";

const format = (b: Builder): number => (b.insn.memSize === 2 ? 3 : b.insn.memSize === 4 ? 4 : 5);

export const semantics = {
  fist: (b) => storeX87(b, format(b)),
  fistp: (b) => storeX87(b, format(b) | 0x100),
  fisttp: (b) => {
    if (b.mode.has("sse3")) storeX87(b, format(b) | 0x300);
    else b.undefined();
  },
} as const satisfies SemanticsTable;
