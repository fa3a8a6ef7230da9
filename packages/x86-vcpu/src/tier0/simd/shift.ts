import type { Cpu } from "../../cpu.ts";
import { i16, i32, type SimdEvaluator, setI8x16, setI16x8, setI32x4, setI64x2, u8, u16, u32, u64 } from "./lanes.ts";

/** The 64-bit count, saturated: `limit` and more are all the same. */
const countAt = (cpu: Cpu, at: number, limit: number): number =>
  u32(cpu, at, 1) !== 0 ? limit : Math.min(limit, u32(cpu, at, 0));

const shl16 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI16x8(cpu, r, (i) => (count > 15 ? 0 : u16(cpu, a, i) << count));
const shl32 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI32x4(cpu, r, (i) => (count > 31 ? 0 : u32(cpu, a, i) << count));
const shl64 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI64x2(cpu, r, (i) => u64(cpu, a, i) << BigInt(count));
const shrU16 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI16x8(cpu, r, (i) => u16(cpu, a, i) >> count);
const shrU32 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI32x4(cpu, r, (i) => (count > 31 ? 0 : u32(cpu, a, i) >>> count));
const shrU64 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI64x2(cpu, r, (i) => u64(cpu, a, i) >> BigInt(count));
const shrS16 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI16x8(cpu, r, (i) => i16(cpu, a, i) >> count);
const shrS32 = (cpu: Cpu, a: number, count: number, r: number): void =>
  setI32x4(cpu, r, (i) => i32(cpu, a, i) >> count);

export const shift = {
  "i16x8.shl": (cpu, a, b, _c, _imm, r) => shl16(cpu, a, countAt(cpu, b, 16), r),
  "i32x4.shl": (cpu, a, b, _c, _imm, r) => shl32(cpu, a, countAt(cpu, b, 32), r),
  "i64x2.shl": (cpu, a, b, _c, _imm, r) => shl64(cpu, a, countAt(cpu, b, 64), r),
  "i16x8.shr_u": (cpu, a, b, _c, _imm, r) => shrU16(cpu, a, countAt(cpu, b, 16), r),
  "i32x4.shr_u": (cpu, a, b, _c, _imm, r) => shrU32(cpu, a, countAt(cpu, b, 32), r),
  "i64x2.shr_u": (cpu, a, b, _c, _imm, r) => shrU64(cpu, a, countAt(cpu, b, 64), r),
  "i16x8.shr_s": (cpu, a, b, _c, _imm, r) => shrS16(cpu, a, countAt(cpu, b, 15), r),
  "i32x4.shr_s": (cpu, a, b, _c, _imm, r) => shrS32(cpu, a, countAt(cpu, b, 31), r),
  "i16x8.shl_imm": (cpu, a, _b, _c, imm, r) => shl16(cpu, a, imm, r),
  "i32x4.shl_imm": (cpu, a, _b, _c, imm, r) => shl32(cpu, a, imm, r),
  "i64x2.shl_imm": (cpu, a, _b, _c, imm, r) => shl64(cpu, a, imm, r),
  "i16x8.shr_u_imm": (cpu, a, _b, _c, imm, r) => shrU16(cpu, a, imm, r),
  "i32x4.shr_u_imm": (cpu, a, _b, _c, imm, r) => shrU32(cpu, a, imm, r),
  "i64x2.shr_u_imm": (cpu, a, _b, _c, imm, r) => shrU64(cpu, a, imm, r),
  "i16x8.shr_s_imm": (cpu, a, _b, _c, imm, r) => shrS16(cpu, a, imm, r),
  "i32x4.shr_s_imm": (cpu, a, _b, _c, imm, r) => shrS32(cpu, a, imm, r),
  "v128.shl_bytes": (cpu, a, _b, _c, imm, r) => setI8x16(cpu, r, (i) => (i < imm ? 0 : u8(cpu, a, i - imm))),
  "v128.shr_bytes": (cpu, a, _b, _c, imm, r) => setI8x16(cpu, r, (i) => (i + imm > 15 ? 0 : u8(cpu, a, i + imm))),
  "i8x16.align_right": (cpu, a, b, _c, imm, r) =>
    setI8x16(cpu, r, (i) => {
      const at = i + imm;
      return at < 16 ? u8(cpu, b, at) : at < 32 ? u8(cpu, a, at - 16) : 0;
    }),
} as const satisfies Record<string, SimdEvaluator>;
