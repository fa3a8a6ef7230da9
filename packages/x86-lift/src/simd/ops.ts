/**
 * The lane-wise vector operations of the IR: pure, independent of MXCSR, and cheap on any host. Names are those of the
 * WebAssembly SIMD text format wherever that has the same operation; the others continue its manner (`shape.operation`).
 *
 * Sources: Intel SDM vol. 2 (what x86 wants), WebAssembly core specification 2.0 §4.3.4 (what the host offers).
 */

/** One operation. The number in `simd` rows is its position in `simdOpNames`. */
export interface SimdOpSpec {
  /** Widths of a, b, c. */
  readonly args: readonly (8 | 16 | 32 | 64 | 128)[];
  /** Width of the result; 1 is a boolean. */
  readonly result: 1 | 32 | 64 | 128;
  /** What it computes; `imm` is the row's lo. Lanes are numbered from the least significant. */
  readonly doc: string;
}

export const simdOps = {
  // logic
  "v128.and": { args: [128, 128], result: 128, doc: "a & b" },
  "v128.or": { args: [128, 128], result: 128, doc: "a | b" },
  "v128.xor": { args: [128, 128], result: 128, doc: "a ^ b" },
  "v128.andnot": { args: [128, 128], result: 128, doc: "a & ~b (PANDN swaps its operands)" },
  "v128.any_true": { args: [128], result: 1, doc: "a ≠ 0" },

  // addition and subtraction
  "i8x16.add": { args: [128, 128], result: 128, doc: "a + b, wrapping" },
  "i16x8.add": { args: [128, 128], result: 128, doc: "a + b, wrapping" },
  "i32x4.add": { args: [128, 128], result: 128, doc: "a + b, wrapping" },
  "i64x2.add": { args: [128, 128], result: 128, doc: "a + b, wrapping" },
  "i8x16.add_sat_s": { args: [128, 128], result: 128, doc: "a + b clamped to i8" },
  "i8x16.add_sat_u": { args: [128, 128], result: 128, doc: "a + b clamped to u8" },
  "i16x8.add_sat_s": { args: [128, 128], result: 128, doc: "a + b clamped to i16" },
  "i16x8.add_sat_u": { args: [128, 128], result: 128, doc: "a + b clamped to u16" },
  "i8x16.sub": { args: [128, 128], result: 128, doc: "a − b, wrapping" },
  "i16x8.sub": { args: [128, 128], result: 128, doc: "a − b, wrapping" },
  "i32x4.sub": { args: [128, 128], result: 128, doc: "a − b, wrapping" },
  "i64x2.sub": { args: [128, 128], result: 128, doc: "a − b, wrapping" },
  "i8x16.sub_sat_s": { args: [128, 128], result: 128, doc: "a − b clamped to i8" },
  "i8x16.sub_sat_u": { args: [128, 128], result: 128, doc: "a − b clamped to u8" },
  "i16x8.sub_sat_s": { args: [128, 128], result: 128, doc: "a − b clamped to i16" },
  "i16x8.sub_sat_u": { args: [128, 128], result: 128, doc: "a − b clamped to u16" },
  "i16x8.add_pairs": {
    args: [128, 128],
    result: 128,
    doc: "sums of neighbouring lanes, wrapping: a's four, then b's four",
  },
  "i32x4.add_pairs": { args: [128, 128], result: 128, doc: "as i16x8.add_pairs" },
  "i16x8.add_pairs_sat_s": { args: [128, 128], result: 128, doc: "as i16x8.add_pairs, clamped to i16" },
  "i16x8.sub_pairs": {
    args: [128, 128],
    result: 128,
    doc: "even lane minus the odd one above it, wrapping: a's four, then b's four",
  },
  "i32x4.sub_pairs": { args: [128, 128], result: 128, doc: "as i16x8.sub_pairs" },
  "i16x8.sub_pairs_sat_s": { args: [128, 128], result: 128, doc: "as i16x8.sub_pairs, clamped to i16" },

  // multiplication
  "i16x8.mul": { args: [128, 128], result: 128, doc: "low half of a × b" },
  "i32x4.mul": { args: [128, 128], result: 128, doc: "low half of a × b" },
  "i16x8.mulhi_s": { args: [128, 128], result: 128, doc: "high half of the signed product" },
  "i16x8.mulhi_u": { args: [128, 128], result: 128, doc: "high half of the unsigned product" },
  "i16x8.q15mulr_s": {
    args: [128, 128],
    result: 128,
    doc: "((a × b >> 14) + 1) >> 1, signed; −32768 × −32768 wraps to −32768 (PMULHRSW)",
  },
  "i32x4.dot_i16x8_s": { args: [128, 128], result: 128, doc: "sum of two neighbouring signed products, wrapping" },
  "i16x8.dot_i8x16_us": {
    args: [128, 128],
    result: 128,
    doc: "sum of two neighbouring products of a (unsigned) and b (signed), clamped to i16 (PMADDUBSW)",
  },
  "i64x2.mul_even_s": { args: [128, 128], result: 128, doc: "full signed products of the 32-bit lanes 0 and 2" },
  "i64x2.mul_even_u": { args: [128, 128], result: 128, doc: "full unsigned products of the 32-bit lanes 0 and 2" },
  "i64x2.sad_u8": { args: [128, 128], result: 128, doc: "per half, the sum of |a − b| over eight u8 lanes (PSADBW)" },
  "i16x8.mpsad_u8": {
    args: [128, 128],
    result: 128,
    doc: "lane i: sum over j < 4 of |a[4·imm₂ + i + j] − b[4·imm₁₋₀ + j]| of u8 lanes (MPSADBW)",
  },
  "i16x8.min_position_u": {
    args: [128],
    result: 128,
    doc: "lane 0 the least u16, lane 1 its first index, the rest 0 (PHMINPOSUW)",
  },

  // minimum, maximum, average, magnitude
  "i8x16.min_s": { args: [128, 128], result: 128, doc: "" },
  "i8x16.min_u": { args: [128, 128], result: 128, doc: "" },
  "i16x8.min_s": { args: [128, 128], result: 128, doc: "" },
  "i16x8.min_u": { args: [128, 128], result: 128, doc: "" },
  "i32x4.min_s": { args: [128, 128], result: 128, doc: "" },
  "i32x4.min_u": { args: [128, 128], result: 128, doc: "" },
  "i8x16.max_s": { args: [128, 128], result: 128, doc: "" },
  "i8x16.max_u": { args: [128, 128], result: 128, doc: "" },
  "i16x8.max_s": { args: [128, 128], result: 128, doc: "" },
  "i16x8.max_u": { args: [128, 128], result: 128, doc: "" },
  "i32x4.max_s": { args: [128, 128], result: 128, doc: "" },
  "i32x4.max_u": { args: [128, 128], result: 128, doc: "" },
  "i8x16.avgr_u": { args: [128, 128], result: 128, doc: "(a + b + 1) >> 1, unsigned" },
  "i16x8.avgr_u": { args: [128, 128], result: 128, doc: "(a + b + 1) >> 1, unsigned" },
  "i8x16.abs": { args: [128], result: 128, doc: "|a|; the most negative value stays" },
  "i16x8.abs": { args: [128], result: 128, doc: "|a|; the most negative value stays" },
  "i32x4.abs": { args: [128], result: 128, doc: "|a|; the most negative value stays" },
  "i8x16.sign": { args: [128, 128], result: 128, doc: "−a, 0 or a as b is negative, zero or positive" },
  "i16x8.sign": { args: [128, 128], result: 128, doc: "−a, 0 or a as b is negative, zero or positive" },
  "i32x4.sign": { args: [128, 128], result: 128, doc: "−a, 0 or a as b is negative, zero or positive" },

  // comparisons: all ones where true
  "i8x16.eq": { args: [128, 128], result: 128, doc: "a = b" },
  "i16x8.eq": { args: [128, 128], result: 128, doc: "a = b" },
  "i32x4.eq": { args: [128, 128], result: 128, doc: "a = b" },
  "i64x2.eq": { args: [128, 128], result: 128, doc: "a = b" },
  "i8x16.gt_s": { args: [128, 128], result: 128, doc: "a > b, signed" },
  "i16x8.gt_s": { args: [128, 128], result: 128, doc: "a > b, signed" },
  "i32x4.gt_s": { args: [128, 128], result: 128, doc: "a > b, signed" },
  "i64x2.gt_s": { args: [128, 128], result: 128, doc: "a > b, signed" },

  // shifts: all lanes by one unsigned count; a count of the lane width or more shifts everything out
  "i16x8.shl": { args: [128, 64], result: 128, doc: "a << b" },
  "i32x4.shl": { args: [128, 64], result: 128, doc: "a << b" },
  "i64x2.shl": { args: [128, 64], result: 128, doc: "a << b" },
  "i16x8.shr_u": { args: [128, 64], result: 128, doc: "a >> b, unsigned" },
  "i32x4.shr_u": { args: [128, 64], result: 128, doc: "a >> b, unsigned" },
  "i64x2.shr_u": { args: [128, 64], result: 128, doc: "a >> b, unsigned" },
  "i16x8.shr_s": { args: [128, 64], result: 128, doc: "a >> b, signed" },
  "i32x4.shr_s": { args: [128, 64], result: 128, doc: "a >> b, signed" },
  "i16x8.shl_imm": { args: [128], result: 128, doc: "a << imm, imm < 16" },
  "i32x4.shl_imm": { args: [128], result: 128, doc: "a << imm, imm < 32" },
  "i64x2.shl_imm": { args: [128], result: 128, doc: "a << imm, imm < 64" },
  "i16x8.shr_u_imm": { args: [128], result: 128, doc: "a >> imm, unsigned, imm < 16" },
  "i32x4.shr_u_imm": { args: [128], result: 128, doc: "a >> imm, unsigned, imm < 32" },
  "i64x2.shr_u_imm": { args: [128], result: 128, doc: "a >> imm, unsigned, imm < 64" },
  "i16x8.shr_s_imm": { args: [128], result: 128, doc: "a >> imm, signed, imm < 16" },
  "i32x4.shr_s_imm": { args: [128], result: 128, doc: "a >> imm, signed, imm < 32" },
  "v128.shl_bytes": { args: [128], result: 128, doc: "a << 8 × imm, imm < 16" },
  "v128.shr_bytes": { args: [128], result: 128, doc: "a >> 8 × imm, unsigned, imm < 16" },
  "i8x16.align_right": { args: [128, 128], result: 128, doc: "low 128 bits of (a:b >> 8 × imm), imm < 32 (PALIGNR)" },

  // packing and unpacking
  "i8x16.narrow_i16x8_s": { args: [128, 128], result: 128, doc: "a's, then b's signed lanes clamped to i8" },
  "i8x16.narrow_i16x8_u": { args: [128, 128], result: 128, doc: "a's, then b's signed lanes clamped to u8" },
  "i16x8.narrow_i32x4_s": { args: [128, 128], result: 128, doc: "a's, then b's signed lanes clamped to i16" },
  "i16x8.narrow_i32x4_u": { args: [128, 128], result: 128, doc: "a's, then b's signed lanes clamped to u16" },
  "i8x16.unpack_low": { args: [128, 128], result: 128, doc: "a0 b0 a1 b1 … of the low halves" },
  "i16x8.unpack_low": { args: [128, 128], result: 128, doc: "a0 b0 a1 b1 … of the low halves" },
  "i32x4.unpack_low": { args: [128, 128], result: 128, doc: "a0 b0 a1 b1" },
  "i64x2.unpack_low": { args: [128, 128], result: 128, doc: "a0 b0" },
  "i8x16.unpack_high": { args: [128, 128], result: 128, doc: "a8 b8 a9 b9 … of the high halves" },
  "i16x8.unpack_high": { args: [128, 128], result: 128, doc: "a4 b4 a5 b5 … of the high halves" },
  "i32x4.unpack_high": { args: [128, 128], result: 128, doc: "a2 b2 a3 b3" },
  "i64x2.unpack_high": { args: [128, 128], result: 128, doc: "a1 b1" },
  "i16x8.extend_low_i8x16_s": { args: [128], result: 128, doc: "sign-extends the low eight lanes" },
  "i16x8.extend_low_i8x16_u": { args: [128], result: 128, doc: "zero-extends the low eight lanes" },
  "i32x4.extend_low_i16x8_s": { args: [128], result: 128, doc: "sign-extends the low four lanes" },
  "i32x4.extend_low_i16x8_u": { args: [128], result: 128, doc: "zero-extends the low four lanes" },
  "i64x2.extend_low_i32x4_s": { args: [128], result: 128, doc: "sign-extends the low two lanes" },
  "i64x2.extend_low_i32x4_u": { args: [128], result: 128, doc: "zero-extends the low two lanes" },

  // shuffles and blends
  "i8x16.shuffle_bytes": { args: [128, 128], result: 128, doc: "lane i: 0 if b[i] ≥ 128, else a[b[i] & 15] (PSHUFB)" },
  "i32x4.shuffle": { args: [128], result: 128, doc: "lane i: a[imm >> 2i & 3] (PSHUFD)" },
  "i16x8.shuffle_low": { args: [128], result: 128, doc: "lane i < 4: a[imm >> 2i & 3]; the high half stays (PSHUFLW)" },
  "i16x8.shuffle_high": {
    args: [128],
    result: 128,
    doc: "lane 4 + i: a[4 + (imm >> 2i & 3)]; the low half stays (PSHUFHW)",
  },
  "i32x4.shuffle_pair": {
    args: [128, 128],
    result: 128,
    doc: "lanes 0, 1 from a, 2, 3 from b, by imm >> 2i & 3 (SHUFPS)",
  },
  "i64x2.shuffle_pair": { args: [128, 128], result: 128, doc: "a[imm₀] b[imm₁] (SHUFPD)" },
  "i16x8.blend": { args: [128, 128], result: 128, doc: "lane i: b[i] where bit i of imm is set, else a[i]" },
  "i32x4.blend": { args: [128, 128], result: 128, doc: "lane i: b[i] where bit i of imm is set, else a[i]" },
  "i64x2.blend": { args: [128, 128], result: 128, doc: "lane i: b[i] where bit i of imm is set, else a[i]" },
  "i8x16.blend_sign": { args: [128, 128, 128], result: 128, doc: "lane i: b[i] where c[i] is negative, else a[i]" },
  "i32x4.blend_sign": { args: [128, 128, 128], result: 128, doc: "lane i: b[i] where c[i] is negative, else a[i]" },
  "i64x2.blend_sign": { args: [128, 128, 128], result: 128, doc: "lane i: b[i] where c[i] is negative, else a[i]" },

  // single lanes
  "i8x16.extract_lane_u": { args: [128], result: 32, doc: "lane imm, zero-extended" },
  "i16x8.extract_lane_u": { args: [128], result: 32, doc: "lane imm, zero-extended" },
  "i32x4.extract_lane": { args: [128], result: 32, doc: "lane imm" },
  "i64x2.extract_lane": { args: [128], result: 64, doc: "lane imm" },
  "i8x16.replace_lane": { args: [128, 8], result: 128, doc: "a with lane imm = b" },
  "i16x8.replace_lane": { args: [128, 16], result: 128, doc: "a with lane imm = b" },
  "i32x4.replace_lane": { args: [128, 32], result: 128, doc: "a with lane imm = b" },
  "i64x2.replace_lane": { args: [128, 64], result: 128, doc: "a with lane imm = b" },
  "i32x4.insert": {
    args: [128, 128],
    result: 128,
    doc: "a with lane imm₅₋₄ = b[imm₇₋₆], then lanes named in imm₃₋₀ zeroed (INSERTPS)",
  },

  // sign bits
  "i8x16.from_bitmask": { args: [32], result: 128, doc: "lane i: all ones where bit i of a is set (PCMPxSTRM)" },
  "i16x8.from_bitmask": { args: [32], result: 128, doc: "lane i: all ones where bit i of a is set" },
  "i8x16.bitmask": { args: [128], result: 32, doc: "bit i: sign of lane i" },
  "i32x4.bitmask": { args: [128], result: 32, doc: "bit i: sign of lane i" },
  "i64x2.bitmask": { args: [128], result: 32, doc: "bit i: sign of lane i" },
} as const satisfies Record<string, SimdOpSpec>;

export type SimdOpName = keyof typeof simdOps;
export const simdOpNames: readonly SimdOpName[] = Object.freeze(Object.keys(simdOps)) as readonly SimdOpName[];
export const simdOpIndex: { readonly [K in SimdOpName]: number } = Object.freeze(
  Object.fromEntries(simdOpNames.map((name, index) => [name, index])),
) as { readonly [K in SimdOpName]: number };
