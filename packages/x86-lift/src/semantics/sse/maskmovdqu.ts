/** MASKMOVDQU: store the bytes whose mask is negative at DS:rDI. */
import { MemoryFlag } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";

export const semantics = {
  maskmovdqu: (b) => {
    if (!requireSse(b, "sse2")) return;
    const bits = b.insn.addressSize as 16 | 32 | 64;
    const address = b.ea(bits, b.get(bits, 7), undefined, 1, 0, 0);
    const old = b.load(128, b.segment, address, MemoryFlag.ForWrite);
    b.store(b.segment, address, b.simd("i8x16.blend_sign", old, b.read(1, 128), b.read(2, 128)));
    b.next();
  },
} as const satisfies SemanticsTable;
