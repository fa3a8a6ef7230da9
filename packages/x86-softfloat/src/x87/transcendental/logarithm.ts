/** FYL2X and FYL2XP1. Source: Intel SDM vol. 2 FYL2X (table of special results), FYL2XP1; vol. 1 §8.3.9. */
import { type FloatContext, FloatFlag } from "../../context.ts";
import { divideByZero, invalid, stopsAtDenormal } from "../../core/arithmetic.ts";
import {
  bitLength,
  copyParts,
  Kind,
  type Parts,
  setFromBigint,
  setInfinity,
  setZero,
  significand,
} from "../../core/parts.ts";
import { beginBinary, deliverF80, type F80 } from "../extended.ts";
import { doubleArtanh, FRACTION_BITS, LOG2_E, log2, multiply, shift } from "./fixed-point.ts";

/** FYL2X: out = b × log2(a), a in ST(0) and b in ST(1). */
export function f80Log2(ctx: FloatContext, out: F80, a: F80, b: F80): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, false)) multipliedLog2(ctx, result, x, y);
  deliver(ctx, out);
}

/** Delivers the result; since a product counts as inexact, a denormal one counts as underflow. */
function deliver(ctx: FloatContext, out: F80): void {
  const { result } = ctx.scratch;
  deliverF80(ctx, out, 64);
  if (result.kind === Kind.finite && result.high >>> 31 === 0) ctx.flags |= FloatFlag.UE;
}

/** r = ±y × ∞, or invalid for y = 0. */
function timesInfinity(ctx: FloatContext, r: Parts, y: Parts, sign: number): void {
  if (y.kind === Kind.zero) invalid(ctx, r);
  else if (!stopsAtDenormal(ctx, r, y.denormal)) setInfinity(r, y.sign ^ sign);
}

function multipliedLog2(ctx: FloatContext, r: Parts, x: Parts, y: Parts): void {
  if (x.kind === Kind.zero) {
    if (y.kind === Kind.finite) divideByZero(ctx, r, y.sign ^ 1);
    else timesInfinity(ctx, r, y, 1);
    return;
  }
  if (x.sign) {
    invalid(ctx, r);
    return;
  }
  if (x.kind === Kind.infinity) {
    timesInfinity(ctx, r, y, 0);
    return;
  }
  const isOne = x.exponent === 0 && x.high === 0x8000_0000 && x.low === 0;
  const negative = x.exponent < 0 ? 1 : 0;
  if (isOne && y.kind === Kind.infinity) {
    invalid(ctx, r);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal || y.denormal)) return;
  if (y.kind === Kind.infinity) setInfinity(r, y.sign ^ negative);
  else if (isOne || y.kind === Kind.zero) setZero(r, y.sign ^ negative);
  else {
    const exact = x.high === 0x8000_0000 && x.low === 0;
    setProduct(ctx, r, y, log2(significand(x), x.exponent - 63), !exact);
  }
}

/** r = y × a fixed-point value that is not 0. Counts as inexact, as on hardware, even for powers of two. */
function setProduct(ctx: FloatContext, r: Parts, y: Parts, value: bigint, sticky: boolean): void {
  ctx.flags |= FloatFlag.PE;
  const magnitude = value < 0n ? -value : value;
  const sign = y.sign ^ (value < 0n ? 1 : 0);
  setFromBigint(r, sign, significand(y) * magnitude, y.exponent - 63 - FRACTION_BITS, sticky);
}

/**
 * FYL2XP1: out = b × log2(a + 1). Manuals define it for |a| ≤ 1 − √½; here it holds for every a > −1, and for a finite
 * a ≤ −1 with a finite b the result is a, with PE, as AMD processors have it.
 */
export function f80Log2Plus1(ctx: FloatContext, out: F80, a: F80, b: F80): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, false)) multipliedLog2Plus1(ctx, result, x, y);
  deliver(ctx, out);
}

/** Below 2^this, log2(1 + x) = x / ln 2 to far more than 64 bits. */
const TINY_EXPONENT = -128;
/** From 2^this on, adding 1 changes nothing that is kept. */
const HUGE_EXPONENT = 128;
/** Below 2^this, |x / (2 + x)| < 1/4. */
const SERIES_EXPONENT = -2;

function multipliedLog2Plus1(ctx: FloatContext, r: Parts, x: Parts, y: Parts): void {
  if (x.kind === Kind.infinity) {
    if (x.sign) invalid(ctx, r);
    else timesInfinity(ctx, r, y, 0);
    return;
  }
  if (x.kind === Kind.zero) {
    if (y.kind === Kind.infinity) invalid(ctx, r);
    else if (!stopsAtDenormal(ctx, r, y.denormal)) setZero(r, x.sign ^ y.sign);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal || y.denormal)) return;
  if (y.kind === Kind.infinity) setInfinity(r, y.sign ^ x.sign);
  else if (y.kind === Kind.zero) setZero(r, y.sign ^ x.sign);
  else if (x.sign && x.exponent >= 0) {
    ctx.flags |= FloatFlag.PE;
    copyParts(r, x);
  } else if (x.exponent < TINY_EXPONENT) {
    const product = significand(x) * significand(y) * LOG2_E;
    setFromBigint(r, x.sign ^ y.sign, product, x.exponent + y.exponent - 126 - FRACTION_BITS, true);
  } else if (x.exponent > HUGE_EXPONENT) setProduct(ctx, r, y, log2(significand(x), x.exponent - 63), true);
  else {
    // x as a multiple of 2^-scale, at least 1 in magnitude.
    const scale = Math.max(0, 63 - x.exponent);
    const magnitude = shift(significand(x), x.exponent - 63 + scale);
    const value = x.sign ? -magnitude : magnitude;
    const unit = 1n << BigInt(scale);
    if (x.exponent < SERIES_EXPONENT) {
      const z = (value << BigInt(FRACTION_BITS)) / (2n * unit + value);
      setProduct(ctx, r, y, multiply(doubleArtanh(z), LOG2_E), true);
    } else {
      const sum = unit + value;
      const exact = sum === 1n << BigInt(bitLength(sum) - 1);
      setProduct(ctx, r, y, log2(sum, -scale), !exact);
    }
  }
}
