/** PTEST: ZF = no common bits, CF = no bits of the source outside the destination; the other flags are cleared. */
import { Flag } from "../../ir.ts";
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { readVector, STATUS_FLAGS } from "../../simd/shapes.ts";

export const semantics = {
  ptest: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const source = readVector(b, 1);
    const destination = b.read(0, 128);
    const common = b.simd("v128.any_true", b.simd("v128.and", destination, source));
    const outside = b.simd("v128.any_true", b.simd("v128.andnot", source, destination));
    const zf = b.shift("shl", b.zext(64, b.unary("not", common)), b.const(8, Flag.ZF));
    b.setRflags(b.or(zf, b.zext(64, b.unary("not", outside))), STATUS_FLAGS);
    b.next();
  },
} as const satisfies SemanticsTable;
