import { type SimdEvaluator, setI32x4, u32 } from "./lanes.ts";

export const logic = {
  "v128.and": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, i) & u32(cpu, b, i)),
  "v128.or": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, i) | u32(cpu, b, i)),
  "v128.xor": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, i) ^ u32(cpu, b, i)),
  "v128.andnot": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, i) & ~u32(cpu, b, i)),
  "v128.any_true": (cpu, a, _b, _c, _imm, r) => {
    const any = u32(cpu, a, 0) | u32(cpu, a, 1) | u32(cpu, a, 2) | u32(cpu, a, 3);
    cpu.u32[r >>> 2] = any !== 0 ? 1 : 0;
  },
} as const satisfies Record<string, SimdEvaluator>;
