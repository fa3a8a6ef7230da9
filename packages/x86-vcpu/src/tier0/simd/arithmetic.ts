import type { Cpu } from "../../cpu.ts";
import {
  clampI8,
  clampI16,
  clampU8,
  clampU16,
  i8,
  i16,
  i32,
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

type LaneReader = (cpu: Cpu, at: number, lane: number) => number;

/** Member 0 or 1 of pair i: the first `half` pairs are a's, the others b's. */
function pair(cpu: Cpu, read: LaneReader, a: number, b: number, half: number, i: number, member: number): number {
  return i < half ? read(cpu, a, i * 2 + member) : read(cpu, b, (i - half) * 2 + member);
}

export const arithmetic = {
  "i8x16.add": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => u8(cpu, a, i) + u8(cpu, b, i)),
  "i8x16.sub": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => u8(cpu, a, i) - u8(cpu, b, i)),
  "i16x8.add": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => u16(cpu, a, i) + u16(cpu, b, i)),
  "i16x8.sub": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => u16(cpu, a, i) - u16(cpu, b, i)),
  "i32x4.add": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, i) + u32(cpu, b, i)),
  "i32x4.sub": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, i) - u32(cpu, b, i)),
  "i64x2.add": (cpu, a, b, _c, _imm, r) => setI64x2(cpu, r, (i) => u64(cpu, a, i) + u64(cpu, b, i)),
  "i64x2.sub": (cpu, a, b, _c, _imm, r) => setI64x2(cpu, r, (i) => u64(cpu, a, i) - u64(cpu, b, i)),
  "i8x16.add_sat_s": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => clampI8(i8(cpu, a, i) + i8(cpu, b, i))),
  "i8x16.add_sat_u": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => clampU8(u8(cpu, a, i) + u8(cpu, b, i))),
  "i8x16.sub_sat_s": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => clampI8(i8(cpu, a, i) - i8(cpu, b, i))),
  "i8x16.sub_sat_u": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => clampU8(u8(cpu, a, i) - u8(cpu, b, i))),
  "i16x8.add_sat_s": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => clampI16(i16(cpu, a, i) + i16(cpu, b, i))),
  "i16x8.add_sat_u": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => clampU16(u16(cpu, a, i) + u16(cpu, b, i))),
  "i16x8.sub_sat_s": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => clampI16(i16(cpu, a, i) - i16(cpu, b, i))),
  "i16x8.sub_sat_u": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => clampU16(u16(cpu, a, i) - u16(cpu, b, i))),
  "i16x8.add_pairs": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => pair(cpu, i16, a, b, 4, i, 0) + pair(cpu, i16, a, b, 4, i, 1)),
  "i32x4.add_pairs": (cpu, a, b, _c, _imm, r) =>
    setI32x4(cpu, r, (i) => pair(cpu, i32, a, b, 2, i, 0) + pair(cpu, i32, a, b, 2, i, 1)),
  "i16x8.add_pairs_sat_s": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => clampI16(pair(cpu, i16, a, b, 4, i, 0) + pair(cpu, i16, a, b, 4, i, 1))),
  "i16x8.sub_pairs": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => pair(cpu, i16, a, b, 4, i, 0) - pair(cpu, i16, a, b, 4, i, 1)),
  "i32x4.sub_pairs": (cpu, a, b, _c, _imm, r) =>
    setI32x4(cpu, r, (i) => pair(cpu, i32, a, b, 2, i, 0) - pair(cpu, i32, a, b, 2, i, 1)),
  "i16x8.sub_pairs_sat_s": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => clampI16(pair(cpu, i16, a, b, 4, i, 0) - pair(cpu, i16, a, b, 4, i, 1))),
  "i8x16.min_s": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => Math.min(i8(cpu, a, i), i8(cpu, b, i))),
  "i8x16.min_u": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => Math.min(u8(cpu, a, i), u8(cpu, b, i))),
  "i8x16.max_s": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => Math.max(i8(cpu, a, i), i8(cpu, b, i))),
  "i8x16.max_u": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => Math.max(u8(cpu, a, i), u8(cpu, b, i))),
  "i16x8.min_s": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => Math.min(i16(cpu, a, i), i16(cpu, b, i))),
  "i16x8.min_u": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => Math.min(u16(cpu, a, i), u16(cpu, b, i))),
  "i16x8.max_s": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => Math.max(i16(cpu, a, i), i16(cpu, b, i))),
  "i16x8.max_u": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => Math.max(u16(cpu, a, i), u16(cpu, b, i))),
  "i32x4.min_s": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.min(i32(cpu, a, i), i32(cpu, b, i))),
  "i32x4.min_u": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.min(u32(cpu, a, i), u32(cpu, b, i))),
  "i32x4.max_s": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.max(i32(cpu, a, i), i32(cpu, b, i))),
  "i32x4.max_u": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.max(u32(cpu, a, i), u32(cpu, b, i))),
  "i8x16.avgr_u": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => (u8(cpu, a, i) + u8(cpu, b, i) + 1) >> 1),
  "i16x8.avgr_u": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => (u16(cpu, a, i) + u16(cpu, b, i) + 1) >> 1),
  "i8x16.abs": (cpu, a, _b, _c, _imm, r) => setI8x16(cpu, r, (i) => Math.abs(i8(cpu, a, i))),
  "i8x16.sign": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => Math.sign(i8(cpu, b, i)) * i8(cpu, a, i)),
  "i16x8.abs": (cpu, a, _b, _c, _imm, r) => setI16x8(cpu, r, (i) => Math.abs(i16(cpu, a, i))),
  "i16x8.sign": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => Math.sign(i16(cpu, b, i)) * i16(cpu, a, i)),
  "i32x4.abs": (cpu, a, _b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.abs(i32(cpu, a, i))),
  "i32x4.sign": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.sign(i32(cpu, b, i)) * i32(cpu, a, i)),
} as const satisfies Record<string, SimdEvaluator>;
