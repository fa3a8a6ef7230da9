/**
 * Rounding of exact (or sticky) results into a format, with overflow and underflow as x86 defines them.
 *
 * Sources: Intel SDM vol. 1 §4.8.4 (rounding), §4.9.1.4–6 (overflow, underflow with tininess after rounding, inexact),
 * §8.5.4–6 (x87 bias-adjusted results), §10.2.3.3 (flush-to-zero).
 */
import { type FloatContext, FloatFlag, type RoundingMode } from "../context.ts";
import { Kind, type Parts, setFinite, setInfinity, setZero, shiftRightSticky } from "./parts.ts";

/** Precision and unbiased exponent range of a format. */
export interface Format {
  readonly precision: number;
  readonly minExponent: number;
  readonly maxExponent: number;
}

export const F32: Format = { precision: 24, minExponent: -126, maxExponent: 127 };
export const F64: Format = { precision: 53, minExponent: -1022, maxExponent: 1023 };
/** x87 unmasked overflow and underflow deliver the exponent moved by this (3 × 2^13). */
export const X87_BIAS_ADJUST = 24576;

/** Result of {@link roundSignificand}. */
export const EXACT = 0;
export const ROUNDED_DOWN = 1;
export const ROUNDED_UP = 2;

/**
 * Rounds the significand of `p` to its upper `precision` bits (24, 53 or 64) and clears the rest. A carry out of the
 * top gives 1.0 with the next exponent. Returns whether the magnitude was kept, cut or raised.
 */
export function roundSignificand(p: Parts, precision: number, mode: RoundingMode): number {
  let odd: boolean;
  let half: boolean;
  let rest: boolean;
  if (precision === 64) {
    odd = (p.low & 1) !== 0;
    half = p.ext >>> 31 !== 0;
    rest = p.ext << 1 !== 0;
  } else if (precision === 53) {
    odd = (p.low & 0x800) !== 0;
    half = (p.low & 0x400) !== 0;
    rest = ((p.low & 0x3ff) | p.ext) !== 0;
    p.low = (p.low & ~0x7ff) >>> 0;
  } else {
    odd = (p.high & 0x100) !== 0;
    half = (p.high & 0x80) !== 0;
    rest = ((p.high & 0x7f) | p.low | p.ext) !== 0;
    p.high = (p.high & ~0xff) >>> 0;
    p.low = 0;
  }
  p.ext = 0;
  if (!half && !rest) return EXACT;
  const up = mode === 0 ? half && (rest || odd) : mode === 1 ? p.sign === 1 : mode === 2 ? p.sign === 0 : false;
  if (!up) return ROUNDED_DOWN;
  if (precision === 24) {
    p.high = (p.high + 0x100) >>> 0;
    if (p.high !== 0) return ROUNDED_UP;
  } else {
    p.low = (p.low + (precision === 64 ? 1 : 0x800)) >>> 0;
    if (p.low !== 0) return ROUNDED_UP;
    p.high = (p.high + 1) >>> 0;
    if (p.high !== 0) return ROUNDED_UP;
  }
  p.high = 0x8000_0000;
  p.exponent += 1;
  return ROUNDED_UP;
}

/** True if rounding with unlimited exponent range would carry the significand to the next power of two. */
function carriesOut(p: Parts, precision: number, mode: RoundingMode): boolean {
  if (p.high < 0xffff_ff00 || (precision !== 24 && p.high !== 0xffff_ffff)) return false;
  if (precision === 53 && p.low < 0xffff_f800) return false;
  if (precision === 64 && p.low !== 0xffff_ffff) return false;
  if (mode === 0) {
    return precision === 24 ? (p.high & 0x80) !== 0 : precision === 53 ? (p.low & 0x400) !== 0 : p.ext >>> 31 !== 0;
  }
  if (mode === 3 || (mode === 1) !== (p.sign === 1)) return false;
  return precision === 24
    ? ((p.high & 0xff) | p.low | p.ext) !== 0
    : precision === 53
      ? ((p.low & 0x7ff) | p.ext) !== 0
      : p.ext !== 0;
}

/** Largest finite magnitude with `precision` bits. */
function setLargest(p: Parts, sign: number, exponent: number, precision: number): void {
  const high = precision === 24 ? 0xffff_ff00 : 0xffff_ffff;
  const low = precision === 24 ? 0 : precision === 53 ? 0xffff_f800 : 0xffff_ffff;
  setFinite(p, sign, exponent, high, low, 0);
}

/** Infinity or the largest finite number, as the rounding mode wants. Returns true for infinity. */
export function setOverflowed(
  p: Parts,
  sign: number,
  maxExponent: number,
  precision: number,
  mode: RoundingMode,
): boolean {
  if (mode === 0 || (mode === 1 && sign === 1) || (mode === 2 && sign === 0)) {
    setInfinity(p, sign);
    return true;
  }
  setLargest(p, sign, maxExponent, precision);
  return false;
}

/** What becomes of a result outside the exponent range. */
export const OutOfRange = {
  /** SSE: FTZ applies; unmasked exceptions leave the destination alone, so the value does not matter. */
  sse: 0,
  /** x87 register destination: unmasked exceptions deliver a bias-adjusted result. */
  x87Register: 1,
  /** x87 memory destination: unmasked exceptions store nothing. */
  x87Memory: 2,
} as const;

/**
 * Rounds a normalized finite `p` (other kinds are left alone) to `precision` bits and the given exponent range and
 * raises OE, UE and PE. A denormal result has `exponent` = minExponent and bit 31 of `high` clear. Returns whether the
 * magnitude was kept, cut or raised.
 */
export function roundParts(
  ctx: FloatContext,
  p: Parts,
  precision: number,
  minExponent: number,
  maxExponent: number,
  destination: number,
): number {
  if (p.kind !== Kind.finite) return EXACT;
  const mode = ctx.rounding;
  if (p.exponent < minExponent && !(p.exponent === minExponent - 1 && carriesOut(p, precision, mode))) {
    return roundTiny(ctx, p, precision, minExponent, destination);
  }
  const direction = roundSignificand(p, precision, mode);
  if (p.exponent > maxExponent) return overflow(ctx, p, direction, precision, maxExponent, destination);
  if (direction !== EXACT) ctx.flags |= FloatFlag.PE;
  return direction;
}

function overflow(
  ctx: FloatContext,
  p: Parts,
  direction: number,
  precision: number,
  maxExponent: number,
  destination: number,
): number {
  ctx.flags |= FloatFlag.OE;
  if ((ctx.masks & FloatFlag.OE) !== 0) {
    ctx.flags |= FloatFlag.PE;
    return setOverflowed(p, p.sign, maxExponent, precision, ctx.rounding) ? ROUNDED_UP : ROUNDED_DOWN;
  }
  if (destination === OutOfRange.x87Memory) {
    p.kind = Kind.none;
    return EXACT;
  }
  if (direction !== EXACT) ctx.flags |= FloatFlag.PE;
  if (destination === OutOfRange.sse) {
    p.kind = Kind.none;
    return direction;
  }
  p.exponent -= X87_BIAS_ADJUST;
  if (p.exponent <= maxExponent) return direction;
  // Massive overflow, which only FSCALE can reach: infinity whatever the rounding.
  ctx.flags |= FloatFlag.PE;
  setInfinity(p, p.sign);
  return ROUNDED_UP;
}

function roundTiny(ctx: FloatContext, p: Parts, precision: number, minExponent: number, destination: number): number {
  if ((ctx.masks & FloatFlag.UE) === 0) {
    ctx.flags |= FloatFlag.UE;
    if (destination === OutOfRange.x87Memory) {
      p.kind = Kind.none;
      return EXACT;
    }
    const direction = roundSignificand(p, precision, ctx.rounding);
    if (direction !== EXACT) ctx.flags |= FloatFlag.PE;
    if (destination === OutOfRange.sse) {
      p.kind = Kind.none;
      return direction;
    }
    p.exponent += X87_BIAS_ADJUST;
    if (p.exponent >= minExponent) return direction;
    // Massive underflow, which only FSCALE can reach: zero whatever the rounding.
    ctx.flags |= FloatFlag.PE;
    setZero(p, p.sign);
    return ROUNDED_DOWN;
  }
  if (destination === OutOfRange.sse && ctx.ftz) {
    ctx.flags |= FloatFlag.UE | FloatFlag.PE;
    setZero(p, p.sign);
    return ROUNDED_DOWN;
  }
  shiftRightSticky(p, minExponent - p.exponent);
  p.exponent = minExponent;
  const direction = roundSignificand(p, precision, ctx.rounding);
  if (direction !== EXACT) ctx.flags |= FloatFlag.UE | FloatFlag.PE;
  if ((p.high | p.low) === 0) setZero(p, p.sign);
  return direction;
}
