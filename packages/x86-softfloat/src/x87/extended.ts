/**
 * The 80-bit extended format and how x87 operations read and write it.
 *
 * Sources: Intel SDM vol. 1 §4.2.2, §4.8.3, §8.2.2 table 8-3 (unsupported encodings), table 4-7 (NaN operands).
 */
import { Condition, type FloatContext, FloatFlag } from "../context.ts";
import { invalid } from "../core/arithmetic.ts";
import {
  compareSignificands,
  copyParts,
  isNan,
  Kind,
  normalize,
  type Parts,
  setFinite,
  setInfinity,
  setZero,
} from "../core/parts.ts";
import { OutOfRange, ROUNDED_UP, roundParts } from "../core/round.ts";

/** One 80-bit number: a plain record that can be used again and again. */
export interface F80 {
  /** Bits 79:64: sign and biased exponent, u16. */
  signExponent: number;
  /** Bits 63:32 of the encoding (the explicit integer bit on top), u32. */
  high: number;
  /** Bits 31:0, u32. */
  low: number;
}

/** A new number; +0 unless given. */
export function createF80(signExponent = 0, high = 0, low = 0): F80 {
  return { signExponent, high, low };
}

/** Reads 10 bytes, little-endian, as FLD m80 does (no exceptions). */
export function readF80(out: F80, view: DataView, offset: number): void {
  out.low = view.getUint32(offset, true);
  out.high = view.getUint32(offset + 4, true);
  out.signExponent = view.getUint16(offset + 8, true);
}

/** Writes 10 bytes, little-endian, as FSTP m80 does (no exceptions). */
export function writeF80(value: F80, view: DataView, offset: number): void {
  view.setUint32(offset, value.low, true);
  view.setUint32(offset + 4, value.high, true);
  view.setUint16(offset + 8, value.signExponent, true);
}

/** Sets `out` from the 80 bits as one number. */
export function f80FromBits(out: F80, bits: bigint): void {
  out.low = Number(bits & 0xffff_ffffn);
  out.high = Number((bits >> 32n) & 0xffff_ffffn);
  out.signExponent = Number((bits >> 64n) & 0xffffn);
}

/** The 80 bits as one number. */
export function f80ToBits(value: F80): bigint {
  return (BigInt(value.signExponent) << 64n) | (BigInt(value.high) << 32n) | BigInt(value.low);
}

/** Copies a number. */
export function copyF80(to: F80, from: F80): void {
  to.signExponent = from.signExponent;
  to.high = from.high;
  to.low = from.low;
}

const BIAS = 16383;
/** Unbiased exponent range of normal numbers. */
export const F80_MIN_EXPONENT = -16382;
export const F80_MAX_EXPONENT = 16383;

/** Takes an 80-bit number apart. */
export function unpackF80(p: Parts, a: F80): void {
  const sign = (a.signExponent >>> 15) & 1;
  const field = a.signExponent & 0x7fff;
  const { high, low } = a;
  p.denormal = false;
  if (field === 0) {
    if ((high | low) === 0) setZero(p, sign);
    else {
      setFinite(p, sign, F80_MIN_EXPONENT, high, low, 0);
      normalize(p);
      p.denormal = true;
    }
    return;
  }
  if (high >>> 31 === 0) {
    setFinite(p, sign, 0, high, low, 0);
    p.kind = Kind.unsupported;
  } else if (field !== 0x7fff) setFinite(p, sign, field - BIAS, high, low, 0);
  else if (((high & 0x7fff_ffff) | low) === 0) setInfinity(p, sign);
  else {
    setFinite(p, sign, 0, high, low, 0);
    p.kind = (high & 0x4000_0000) !== 0 ? Kind.quietNan : Kind.signallingNan;
  }
}

/** Puts a rounded number together; `none` leaves `out` alone. */
export function packF80(out: F80, p: Parts): void {
  if (p.kind === Kind.none) return;
  const sign = p.sign << 15;
  out.high = p.high;
  out.low = p.low;
  if (p.kind === Kind.finite) out.signExponent = sign | (p.high >>> 31 ? p.exponent + BIAS : 0);
  else if (p.kind === Kind.zero) out.signExponent = sign;
  else {
    out.signExponent = sign | 0x7fff;
    if (p.kind !== Kind.infinity) out.high = (p.high | 0xc000_0000) >>> 0;
  }
}

/**
 * If an operand is a NaN or unsupported, sets `r` and returns true: IE for unsupported operands and SNaNs; of two NaNs
 * the quiet one beats the signalling one, then the larger significand wins, then the positive one.
 */
export function propagateNanX87(ctx: FloatContext, r: Parts, x: Parts, y: Parts): boolean {
  const xNan = isNan(x);
  const yNan = isNan(y);
  if (!xNan && !yNan) return false;
  if (x.kind === Kind.unsupported || y.kind === Kind.unsupported) {
    invalid(ctx, r);
    return true;
  }
  let source = x;
  if (!xNan) source = y;
  else if (yNan) {
    if (x.kind !== y.kind) source = x.kind === Kind.quietNan ? x : y;
    else {
      const order = compareSignificands(x, y);
      source = order > 0 || (order === 0 && x.sign === 0) ? x : y;
    }
  }
  copyParts(r, source);
  r.kind = Kind.quietNan;
  if (x.kind === Kind.signallingNan || y.kind === Kind.signallingNan) {
    ctx.flags |= FloatFlag.IE;
    if ((ctx.masks & FloatFlag.IE) === 0) r.kind = Kind.none;
  }
  return true;
}

/** Rounds the result in the scratch to `precision` bits, sets C1 and writes it to `out`. */
export function deliverF80(ctx: FloatContext, out: F80, precision: number): void {
  const { result } = ctx.scratch;
  const direction = roundParts(ctx, result, precision, F80_MIN_EXPONENT, F80_MAX_EXPONENT, OutOfRange.x87Register);
  ctx.conditions = direction === ROUNDED_UP ? Condition.C1 : 0;
  packF80(out, result);
}

/** Unpacks the only operand into `scratch.x`; true if it was a NaN or unsupported, and `scratch.result` is set. */
export function beginUnary(ctx: FloatContext, a: F80): boolean {
  const { x, result } = ctx.scratch;
  unpackF80(x, a);
  return propagateNanX87(ctx, result, x, x);
}

/** Unpacks two operands into `scratch.x` and `scratch.y`; true if `scratch.result` is set already. */
export function beginBinary(ctx: FloatContext, a: F80, b: F80, denormal: boolean): boolean {
  const { x, y, result } = ctx.scratch;
  unpackF80(x, a);
  unpackF80(y, b);
  if (denormal) y.denormal = true;
  return propagateNanX87(ctx, result, x, y);
}
