/** MASKMOVQ: store the bytes whose mask is negative at DS:rDI. See MASKMOVDQU. */
import { MemoryFlag } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireMmx } from "../../simd/availability.ts";

export const semantics = {
  maskmovq: (b) => {
    if (!requireMmx(b, "sse")) return;
    b.helper("x87Wait");
    const bits = b.insn.addressSize as 16 | 32 | 64;
    const address = b.ea(bits, b.get(bits, 7), undefined, 1, 0, 0);
    const old = b.zext(128, b.load(64, b.segment, address, MemoryFlag.ForWrite));
    const blended = b.simd("i8x16.blend_sign", old, b.zext(128, b.read(1, 64)), b.zext(128, b.read(2, 64)));
    b.store(b.segment, address, b.trunc(64, blended));
    b.helper("mmxEnter");
    b.next();
  },
} as const satisfies SemanticsTable;
