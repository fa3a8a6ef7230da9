/** INSERTPS: insert a single and zero others. A memory source is one single, whatever imm8[7:6] says. */
import type { SemanticsTable } from "../../lift.ts";
import { requireSse } from "../../simd/availability.ts";
import { immediate8, isMemory } from "../../simd/shapes.ts";

export const semantics = {
  insertps: (b) => {
    if (!requireSse(b, "sse4-1")) return;
    const memory = isMemory(b, 1);
    const source = memory ? b.zext(128, b.read(1, 32)) : b.read(1, 128);
    const imm = memory ? immediate8(b) & 0x3f : immediate8(b);
    b.write(0, b.simd("i32x4.insert", b.read(0, 128), source, undefined, imm));
    b.next();
  },
} as const satisfies SemanticsTable;
