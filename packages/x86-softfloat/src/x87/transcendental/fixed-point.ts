/**
 * Elementary functions on fixed-point numbers: a bigint v stands for v / 2^256. Errors stay below 2^-240, so after
 * normalization of results no smaller than 2^-128 there are more than 100 good bits, 64 of which are kept: roundings
 * come out right but for arguments that no search has found.
 *
 * Series: J.-M. Muller, Elementary Functions, ch. 3 and 5 (Taylor series after argument reduction).
 */
import { bitLength, type Parts, significand } from "../../core/parts.ts";

/** Fraction bits of a fixed-point number. */
export const FRACTION_BITS = 256;
const F: bigint = 256n;
/** 1.0 */
export const ONE: bigint = 1n << F;
/** π */
export const PI = 0x3_243f_6a88_85a3_08d3_1319_8a2e_0370_7344_a409_3822_299f_31d0_082e_fa98_ec4e_6c89n;
/** ln 2 */
export const LN_2 = 0xb172_17f7_d1cf_79ab_c9e3_b398_03f2_f6af_40f3_4326_7298_b62d_8a0d_175b_8baa_fa2bn;
/** 1 / ln 2 */
export const LOG2_E = 0x1_7154_7652_b82f_e177_7d0f_fda0_d23a_7d11_d6ae_f551_bad2_b4b1_164a_2cd9_a342_648fn;

/** `value` × 2^count, rounding down. */
export function shift(value: bigint, count: number): bigint {
  return count >= 0 ? value << BigInt(count) : value >> BigInt(-count);
}

/** The magnitude of a finite number; exact for exponents from −193 up. */
export function magnitudeToFixed(p: Parts): bigint {
  return shift(significand(p), p.exponent - 63 + FRACTION_BITS);
}

/** a × b */
export function multiply(a: bigint, b: bigint): bigint {
  return (a * b) >> F;
}

/** sin r for |r| < 1. */
export function sine(r: bigint): bigint {
  const square = multiply(r, r);
  let term = r;
  let sum = r;
  for (let n = 2n; term !== 0n && term !== -1n; n += 2n) {
    term = -multiply(term, square) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

/** cos r for |r| < 1. */
export function cosine(r: bigint): bigint {
  const square = multiply(r, r);
  let term = ONE;
  let sum = ONE;
  for (let n = 1n; term !== 0n && term !== -1n; n += 2n) {
    term = -multiply(term, square) / (n * (n + 1n));
    sum += term;
  }
  return sum;
}

/** Halvings of the argument before, and doublings of the result after, the series of {@link exponentialMinusOne}. */
const HALVINGS = 6;

/** e^t − 1 for |t| < 1. */
export function exponentialMinusOne(t: bigint): bigint {
  const small = t >> BigInt(HALVINGS);
  let term = small;
  let sum = small;
  for (let n = 2n; term !== 0n && term !== -1n; n += 1n) {
    term = multiply(term, small) / n;
    sum += term;
  }
  for (let i = 0; i < HALVINGS; i++) sum = multiply(sum, sum + 2n * ONE);
  return sum;
}

/** ln((1 + z) / (1 − z)) = 2 artanh z for |z| < 1/4. */
export function doubleArtanh(z: bigint): bigint {
  const square = multiply(z, z);
  let power = z;
  let sum = z;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = multiply(power, square);
    sum += power / n;
  }
  return 2n * sum;
}

const SQRT_2_HIGH = 0xb504_f333n;

/** log2(value × 2^scale) for value > 0; exactly an integer if `value` is a power of two. */
export function log2(value: bigint, scale: number): bigint {
  const length = bitLength(value);
  // m = value / 2^(length − 1) lies in [1, 2); above √2 it is halved so that |ln m| stays small.
  let exponent = scale + length - 1;
  let denominator = length - 1;
  if (shift(value, 32 - length) >= SQRT_2_HIGH) {
    exponent += 1;
    denominator += 1;
  }
  const whole = BigInt(exponent) << F;
  const unit = 1n << BigInt(denominator);
  if (value === unit) return whole;
  return whole + multiply(doubleArtanh(((value - unit) << F) / (value + unit)), LOG2_E);
}

/** √value for a fixed-point value between 1 and 4. */
function squareRoot(value: bigint): bigint {
  const n = value << F;
  // 50 good bits to begin with, twice as many after each step.
  let root = BigInt(Math.floor(Math.sqrt(Number(value >> 206n)) * 2 ** 25)) << 206n;
  for (let i = 0; i < 3; i++) root = (root + n / root) >> 1n;
  return root;
}

/** arctan t for 0 ≤ t ≤ 1. */
export function arctangent(t: bigint): bigint {
  // tan(α/2) = tan α / (1 + √(1 + tan² α)), three times.
  let half = t;
  for (let i = 0; i < 3; i++) half = (half << F) / (ONE + squareRoot(ONE + multiply(half, half)));
  const square = multiply(half, half);
  let power = half;
  let sum = half;
  for (let n = 3n; power !== 0n && power !== -1n; n += 2n) {
    power = -multiply(power, square);
    sum += power / n;
  }
  return sum << 3n;
}
