import {
  i8,
  i16,
  i32,
  i64,
  type SimdEvaluator,
  setI8x16,
  setI16x8,
  setI32x4,
  setI64x2,
  u8,
  u16,
  u32,
  u64,
} from "./lanes.ts";

export const compare = {
  "i8x16.eq": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => (u8(cpu, a, i) === u8(cpu, b, i) ? -1 : 0)),
  "i8x16.gt_s": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => (i8(cpu, a, i) > i8(cpu, b, i) ? -1 : 0)),
  "i16x8.eq": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => (u16(cpu, a, i) === u16(cpu, b, i) ? -1 : 0)),
  "i16x8.gt_s": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => (i16(cpu, a, i) > i16(cpu, b, i) ? -1 : 0)),
  "i32x4.eq": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => (u32(cpu, a, i) === u32(cpu, b, i) ? -1 : 0)),
  "i32x4.gt_s": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => (i32(cpu, a, i) > i32(cpu, b, i) ? -1 : 0)),
  "i64x2.eq": (cpu, a, b, _c, _imm, r) => setI64x2(cpu, r, (i) => (u64(cpu, a, i) === u64(cpu, b, i) ? -1n : 0n)),
  "i64x2.gt_s": (cpu, a, b, _c, _imm, r) => setI64x2(cpu, r, (i) => (i64(cpu, a, i) > i64(cpu, b, i) ? -1n : 0n)),
} as const satisfies Record<string, SimdEvaluator>;
