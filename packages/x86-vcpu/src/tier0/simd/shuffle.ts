import {
  clampI8,
  clampI16,
  clampU8,
  clampU16,
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

export const shuffle = {
  "i8x16.narrow_i16x8_s": (cpu, a, b, _c, _imm, r) =>
    setI8x16(cpu, r, (i) => clampI8(i < 8 ? i16(cpu, a, i) : i16(cpu, b, i - 8))),
  "i8x16.narrow_i16x8_u": (cpu, a, b, _c, _imm, r) =>
    setI8x16(cpu, r, (i) => clampU8(i < 8 ? i16(cpu, a, i) : i16(cpu, b, i - 8))),
  "i16x8.narrow_i32x4_s": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => clampI16(i < 4 ? i32(cpu, a, i) : i32(cpu, b, i - 4))),
  "i16x8.narrow_i32x4_u": (cpu, a, b, _c, _imm, r) =>
    setI16x8(cpu, r, (i) => clampU16(i < 4 ? i32(cpu, a, i) : i32(cpu, b, i - 4))),
  "i8x16.unpack_low": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => u8(cpu, i & 1 ? b : a, i >> 1)),
  "i16x8.unpack_low": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => u16(cpu, i & 1 ? b : a, i >> 1)),
  "i32x4.unpack_low": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, i & 1 ? b : a, i >> 1)),
  "i64x2.unpack_low": (cpu, a, b, _c, _imm, r) => setI64x2(cpu, r, (i) => u64(cpu, i & 1 ? b : a, 0)),
  "i8x16.unpack_high": (cpu, a, b, _c, _imm, r) => setI8x16(cpu, r, (i) => u8(cpu, i & 1 ? b : a, 8 + (i >> 1))),
  "i16x8.unpack_high": (cpu, a, b, _c, _imm, r) => setI16x8(cpu, r, (i) => u16(cpu, i & 1 ? b : a, 4 + (i >> 1))),
  "i32x4.unpack_high": (cpu, a, b, _c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, i & 1 ? b : a, 2 + (i >> 1))),
  "i64x2.unpack_high": (cpu, a, b, _c, _imm, r) => setI64x2(cpu, r, (i) => u64(cpu, i & 1 ? b : a, 1)),
  "i16x8.extend_low_i8x16_s": (cpu, a, _b, _c, _imm, r) => setI16x8(cpu, r, (i) => i8(cpu, a, i)),
  "i16x8.extend_low_i8x16_u": (cpu, a, _b, _c, _imm, r) => setI16x8(cpu, r, (i) => u8(cpu, a, i)),
  "i32x4.extend_low_i16x8_s": (cpu, a, _b, _c, _imm, r) => setI32x4(cpu, r, (i) => i16(cpu, a, i)),
  "i32x4.extend_low_i16x8_u": (cpu, a, _b, _c, _imm, r) => setI32x4(cpu, r, (i) => u16(cpu, a, i)),
  "i64x2.extend_low_i32x4_s": (cpu, a, _b, _c, _imm, r) => setI64x2(cpu, r, (i) => BigInt(i32(cpu, a, i))),
  "i64x2.extend_low_i32x4_u": (cpu, a, _b, _c, _imm, r) => setI64x2(cpu, r, (i) => BigInt(u32(cpu, a, i))),

  "i8x16.shuffle_bytes": (cpu, a, b, _c, _imm, r) =>
    setI8x16(cpu, r, (i) => (u8(cpu, b, i) >= 0x80 ? 0 : u8(cpu, a, u8(cpu, b, i) & 15))),
  "i32x4.shuffle": (cpu, a, _b, _c, imm, r) => setI32x4(cpu, r, (i) => u32(cpu, a, (imm >> (2 * i)) & 3)),
  "i16x8.shuffle_low": (cpu, a, _b, _c, imm, r) =>
    setI16x8(cpu, r, (i) => u16(cpu, a, i < 4 ? (imm >> (2 * i)) & 3 : i)),
  "i16x8.shuffle_high": (cpu, a, _b, _c, imm, r) =>
    setI16x8(cpu, r, (i) => u16(cpu, a, i < 4 ? i : 4 + ((imm >> (2 * (i - 4))) & 3))),
  "i32x4.shuffle_pair": (cpu, a, b, _c, imm, r) =>
    setI32x4(cpu, r, (i) => u32(cpu, i < 2 ? a : b, (imm >> (2 * i)) & 3)),
  "i64x2.shuffle_pair": (cpu, a, b, _c, imm, r) => setI64x2(cpu, r, (i) => u64(cpu, i === 0 ? a : b, (imm >> i) & 1)),
  "i16x8.blend": (cpu, a, b, _c, imm, r) => setI16x8(cpu, r, (i) => u16(cpu, (imm >> i) & 1 ? b : a, i)),
  "i32x4.blend": (cpu, a, b, _c, imm, r) => setI32x4(cpu, r, (i) => u32(cpu, (imm >> i) & 1 ? b : a, i)),
  "i64x2.blend": (cpu, a, b, _c, imm, r) => setI64x2(cpu, r, (i) => u64(cpu, (imm >> i) & 1 ? b : a, i)),
  "i8x16.blend_sign": (cpu, a, b, c, _imm, r) => setI8x16(cpu, r, (i) => u8(cpu, i8(cpu, c, i) < 0 ? b : a, i)),
  "i32x4.blend_sign": (cpu, a, b, c, _imm, r) => setI32x4(cpu, r, (i) => u32(cpu, i32(cpu, c, i) < 0 ? b : a, i)),
  "i64x2.blend_sign": (cpu, a, b, c, _imm, r) => setI64x2(cpu, r, (i) => u64(cpu, i64(cpu, c, i) < 0n ? b : a, i)),

  "i8x16.extract_lane_u": (cpu, a, _b, _c, imm, r) => {
    cpu.u32[r >>> 2] = u8(cpu, a, imm);
  },
  "i16x8.extract_lane_u": (cpu, a, _b, _c, imm, r) => {
    cpu.u32[r >>> 2] = u16(cpu, a, imm);
  },
  "i32x4.extract_lane": (cpu, a, _b, _c, imm, r) => {
    cpu.u32[r >>> 2] = u32(cpu, a, imm);
  },
  "i64x2.extract_lane": (cpu, a, _b, _c, imm, r) => {
    cpu.u64[r >>> 3] = u64(cpu, a, imm);
  },
  "i8x16.replace_lane": (cpu, a, b, _c, imm, r) => setI8x16(cpu, r, (i) => (i === imm ? u8(cpu, b, 0) : u8(cpu, a, i))),
  "i16x8.replace_lane": (cpu, a, b, _c, imm, r) =>
    setI16x8(cpu, r, (i) => (i === imm ? u16(cpu, b, 0) : u16(cpu, a, i))),
  "i32x4.replace_lane": (cpu, a, b, _c, imm, r) =>
    setI32x4(cpu, r, (i) => (i === imm ? u32(cpu, b, 0) : u32(cpu, a, i))),
  "i64x2.replace_lane": (cpu, a, b, _c, imm, r) =>
    setI64x2(cpu, r, (i) => (i === imm ? u64(cpu, b, 0) : u64(cpu, a, i))),
  "i32x4.insert": (cpu, a, b, _c, imm, r) =>
    setI32x4(cpu, r, (i) => {
      if ((imm >> i) & 1) return 0;
      return i === ((imm >> 4) & 3) ? u32(cpu, b, (imm >> 6) & 3) : u32(cpu, a, i);
    }),

  "i8x16.from_bitmask": (cpu, a, _b, _c, _imm, r) => {
    const mask = u32(cpu, a, 0);
    setI8x16(cpu, r, (i) => -((mask >> i) & 1));
  },
  "i16x8.from_bitmask": (cpu, a, _b, _c, _imm, r) => {
    const mask = u32(cpu, a, 0);
    setI16x8(cpu, r, (i) => -((mask >> i) & 1));
  },
  "i8x16.bitmask": (cpu, a, _b, _c, _imm, r) => {
    let mask = 0;
    for (let i = 0; i < 16; i++) mask |= (u8(cpu, a, i) >> 7) << i;
    cpu.u32[r >>> 2] = mask;
  },
  "i32x4.bitmask": (cpu, a, _b, _c, _imm, r) => {
    let mask = 0;
    for (let i = 0; i < 4; i++) mask |= (u32(cpu, a, i) >>> 31) << i;
    cpu.u32[r >>> 2] = mask;
  },
  "i64x2.bitmask": (cpu, a, _b, _c, _imm, r) => {
    cpu.u32[r >>> 2] = (u32(cpu, a, 1) >>> 31) | ((u32(cpu, a, 3) >>> 31) << 1);
  },
} as const satisfies Record<string, SimdEvaluator>;
