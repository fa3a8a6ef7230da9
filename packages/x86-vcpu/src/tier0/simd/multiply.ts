import {
  clampI16,
  i8,
  i16,
  i32,
  i64,
  type SimdEvaluator,
  setI16x8,
  setI32x4,
  setI64x2,
  u8,
  u16,
  u64,
} from "./lanes.ts";

export const multiply = {
  "i16x8.mul": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => i16(cpu, a, i) * i16(cpu, b, i)),
  "i32x4.mul": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => Math.imul(i32(cpu, a, i), i32(cpu, b, i))),
  "i16x8.mulhi_s": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => (i16(cpu, a, i) * i16(cpu, b, i)) >> 16),
  "i16x8.mulhi_u": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => (u16(cpu, a, i) * u16(cpu, b, i)) >>> 16),
  "i16x8.q15mulr_s": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => (((i16(cpu, a, i) * i16(cpu, b, i)) >> 14) + 1) >> 1),
  "i32x4.dot_i16x8_s": (cpu, a, b, _c, _imm, r) =>
    setI32x4(cpu, r, (i) => i16(cpu, a, 2 * i) * i16(cpu, b, 2 * i) + i16(cpu, a, 2 * i + 1) * i16(cpu, b, 2 * i + 1)),
  "i16x8.dot_i8x16_us": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) =>
      clampI16(u8(cpu, a, 2 * i) * i8(cpu, b, 2 * i) + u8(cpu, a, 2 * i + 1) * i8(cpu, b, 2 * i + 1)),
    ),
  "i64x2.mul_even_s": (cpu, a, b, _c, _imm, r) =>
    setI64x2(cpu, r, (i) => BigInt.asIntN(32, i64(cpu, a, i)) * BigInt.asIntN(32, i64(cpu, b, i))),
  "i64x2.mul_even_u": (cpu, a, b, _c, _imm, r) =>
    setI64x2(cpu, r, (i) => BigInt.asUintN(32, u64(cpu, a, i)) * BigInt.asUintN(32, u64(cpu, b, i))),
  "i64x2.sad_u8": (cpu, a, b, _c, _imm, r) =>
    setI64x2(cpu, r, (half) => {
      let sum = 0;
      for (let i = half * 8; i < half * 8 + 8; i++) sum += Math.abs(u8(cpu, a, i) - u8(cpu, b, i));
      return BigInt(sum);
    }),
  "i16x8.mpsad_u8": (cpu, a, b, _c, imm, r) => {
    const aStart = (imm >> 2) & 1 ? 4 : 0;
    const bStart = (imm & 3) * 4;
    setI16x8(cpu, r, (i) => {
      let sum = 0;
      for (let j = 0; j < 4; j++) sum += Math.abs(u8(cpu, a, aStart + i + j) - u8(cpu, b, bStart + j));
      return sum;
    });
  },
  "i16x8.min_position_u": (cpu, a, _b, _c, _imm, r) => {
    let at = 0;
    for (let i = 1; i < 8; i++) if (u16(cpu, a, i) < u16(cpu, a, at)) at = i;
    const least = u16(cpu, a, at) | (at << 16);
    setI32x4(cpu, r, (i) => (i === 0 ? least : 0));
  },
} as const satisfies Record<string, SimdEvaluator>;
