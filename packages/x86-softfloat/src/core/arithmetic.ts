/**
 * The five basic operations on numbers taken apart. Operands are never NaNs (the caller has dealt with them); results
 * carry 96 bits with a sticky end and still have to be rounded.
 *
 * Order of checks as in Intel SDM vol. 1 §4.9.2: invalid and divide-by-zero, then denormal operand, then the rest.
 */
import { type FloatContext, FloatFlag } from "../context.ts";
import {
  compareSignificands,
  copyParts,
  Kind,
  normalize,
  type Parts,
  setFinite,
  setFromBigint,
  setIndefinite,
  setInfinity,
  setZero,
  shiftRightSticky,
  significand,
} from "./parts.ts";

/** IE; the real indefinite, or no result when unmasked. */
export function invalid(ctx: FloatContext, r: Parts): void {
  ctx.flags |= FloatFlag.IE;
  if ((ctx.masks & FloatFlag.IE) !== 0) setIndefinite(r);
  else r.kind = Kind.none;
}

/** ZE; an infinity, or no result when unmasked. */
export function divideByZero(ctx: FloatContext, r: Parts, sign: number): void {
  ctx.flags |= FloatFlag.ZE;
  if ((ctx.masks & FloatFlag.ZE) !== 0) setInfinity(r, sign);
  else r.kind = Kind.none;
}

/** Raises DE if `denormal`; true when it is unmasked and therefore ends the operation without a result. */
export function stopsAtDenormal(ctx: FloatContext, r: Parts, denormal: boolean): boolean {
  if (!denormal) return false;
  ctx.flags |= FloatFlag.DE;
  if ((ctx.masks & FloatFlag.DE) !== 0) return false;
  r.kind = Kind.none;
  return true;
}

const TWO_32 = 0x1_0000_0000;

/** Upper half of a 32 × 32-bit product whose lower half is `low`: the double product is off by less than 2^11. */
function upperProduct(a: number, b: number, low: number): number {
  return Math.floor((a * b - low) / TWO_32 + 0.5);
}

/** r = x + y, or x − y when `negate` is 1. `r` must be neither operand; `y` may be changed. */
export function addParts(ctx: FloatContext, r: Parts, x: Parts, y: Parts, negate: number): void {
  const ySign = y.sign ^ negate;
  if (x.kind === Kind.infinity && y.kind === Kind.infinity && x.sign !== ySign) {
    invalid(ctx, r);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal || y.denormal)) return;
  if (x.kind === Kind.infinity) setInfinity(r, x.sign);
  else if (y.kind === Kind.infinity) setInfinity(r, ySign);
  else if (y.kind === Kind.zero) {
    if (x.kind === Kind.zero && x.sign !== ySign) setZero(r, ctx.rounding === 1 ? 1 : 0);
    else copyParts(r, x);
  } else if (x.kind === Kind.zero) {
    copyParts(r, y);
    r.sign = ySign;
  } else addFinite(ctx, r, x, y, ySign);
}

function addFinite(ctx: FloatContext, r: Parts, x: Parts, y: Parts, ySign: number): void {
  let big = x;
  let small = y;
  let bigSign = x.sign;
  if (x.exponent < y.exponent || (x.exponent === y.exponent && compareSignificands(x, y) < 0)) {
    big = y;
    small = x;
    bigSign = ySign;
  }
  const distance = big.exponent - small.exponent;
  const subtract = x.sign !== ySign;
  small.ext = 0;
  if (distance > 0) shiftRightSticky(small, distance);
  if (!subtract) {
    let low = big.low + small.low;
    let high = big.high + small.high;
    let ext = small.ext;
    let exponent = big.exponent;
    if (low >= TWO_32) {
      low -= TWO_32;
      high += 1;
    }
    if (high >= TWO_32) {
      high -= TWO_32;
      ext = ((ext >>> 1) | (ext & 1) | (low << 31)) >>> 0;
      low = ((low >>> 1) | (high << 31)) >>> 0;
      high = ((high >>> 1) | 0x8000_0000) >>> 0;
      exponent += 1;
    }
    setFinite(r, bigSign, exponent, high, low, ext);
    return;
  }
  const ext = -small.ext >>> 0;
  let low = big.low - small.low - (ext !== 0 ? 1 : 0);
  let high = big.high - small.high;
  if (low < 0) {
    low += TWO_32;
    high -= 1;
  }
  if ((high | low | ext) === 0) {
    setZero(r, ctx.rounding === 1 ? 1 : 0);
    return;
  }
  setFinite(r, bigSign, big.exponent, high >>> 0, low >>> 0, ext);
  normalize(r);
}

/** r = x × y. */
export function multiplyParts(ctx: FloatContext, r: Parts, x: Parts, y: Parts): void {
  const sign = x.sign ^ y.sign;
  if ((x.kind === Kind.infinity && y.kind === Kind.zero) || (x.kind === Kind.zero && y.kind === Kind.infinity)) {
    invalid(ctx, r);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal || y.denormal)) return;
  if (x.kind === Kind.infinity || y.kind === Kind.infinity) {
    setInfinity(r, sign);
    return;
  }
  if (x.kind === Kind.zero || y.kind === Kind.zero) {
    setZero(r, sign);
    return;
  }
  const { high: xh, low: xl } = x;
  const { high: yh, low: yl } = y;
  const ll = Math.imul(xl, yl) >>> 0;
  const lh = Math.imul(xl, yh) >>> 0;
  const hl = Math.imul(xh, yl) >>> 0;
  const hh = Math.imul(xh, yh) >>> 0;
  let ext = upperProduct(xl, yl, ll) + lh + hl;
  let low = upperProduct(xl, yh, lh) + upperProduct(xh, yl, hl) + hh + Math.floor(ext / TWO_32);
  ext = ext >>> 0;
  let high = upperProduct(xh, yh, hh) + Math.floor(low / TWO_32);
  low = low >>> 0;
  let exponent = x.exponent + y.exponent + 1;
  let sticky = ll;
  if (high < 0x8000_0000) {
    high = ((high << 1) | (low >>> 31)) >>> 0;
    low = ((low << 1) | (ext >>> 31)) >>> 0;
    ext = ((ext << 1) | (sticky >>> 31)) >>> 0;
    sticky = sticky << 1;
    exponent -= 1;
  }
  if (sticky !== 0) ext = (ext | 1) >>> 0;
  setFinite(r, sign, exponent, high, low, ext);
}

/** r = x / y. */
export function divideParts(ctx: FloatContext, r: Parts, x: Parts, y: Parts): void {
  const sign = x.sign ^ y.sign;
  if (x.kind === y.kind && x.kind !== Kind.finite) {
    invalid(ctx, r);
    return;
  }
  if (y.kind === Kind.zero && x.kind === Kind.finite) {
    divideByZero(ctx, r, sign);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal || y.denormal)) return;
  if (x.kind === Kind.infinity) setInfinity(r, sign);
  else if (x.kind === Kind.zero || y.kind === Kind.infinity) setZero(r, sign);
  else divideFinite(r, x, y, sign);
}

/** Three quotient digits to the base 2^32, each estimated in doubles and put right by at most one. */
export function divideFinite(r: Parts, x: Parts, y: Parts, sign: number): void {
  const { high: dh, low: dl } = y;
  const divisor = dh * TWO_32 + dl;
  let exponent = x.exponent - y.exponent;
  // Remainder r2:r1:r0 < divisor × 2^32; the numerator starts one bit down if it is not below the divisor.
  let r2: number;
  let r1: number;
  let r0: number;
  if (compareSignificands(x, y) >= 0) {
    r2 = x.high >>> 1;
    r1 = ((x.high << 31) | (x.low >>> 1)) >>> 0;
    r0 = (x.low << 31) >>> 0;
  } else {
    exponent -= 1;
    r2 = x.high;
    r1 = x.low;
    r0 = 0;
  }
  let high = 0;
  let low = 0;
  let ext = 0;
  for (let digit = 0; digit < 3; digit++) {
    let q = Math.floor((r2 * TWO_32 * TWO_32 + r1 * TWO_32 + r0) / divisor);
    if (q > 0xffff_ffff) q = 0xffff_ffff;
    const pl = Math.imul(q, dl) >>> 0;
    const ph = Math.imul(q, dh) >>> 0;
    let n0 = r0 - pl;
    let n1 = r1 - upperProduct(q, dl, pl) - ph;
    let n2 = r2 - upperProduct(q, dh, ph);
    let borrow = Math.floor(n0 / TWO_32);
    n0 -= borrow * TWO_32;
    n1 += borrow;
    borrow = Math.floor(n1 / TWO_32);
    n1 -= borrow * TWO_32;
    n2 += borrow;
    if (n2 < 0) {
      q -= 1;
      n0 += dl;
      n1 += dh;
      if (n0 >= TWO_32) {
        n0 -= TWO_32;
        n1 += 1;
      }
      if (n1 >= TWO_32) n1 -= TWO_32;
    } else if (n2 > 0 || n1 > dh || (n1 === dh && n0 >= dl)) {
      q += 1;
      n0 -= dl;
      n1 -= dh;
      if (n0 < 0) {
        n0 += TWO_32;
        n1 -= 1;
      }
      if (n1 < 0) n1 += TWO_32;
    }
    high = low;
    low = ext;
    ext = q;
    r2 = n1;
    r1 = n0;
    r0 = 0;
  }
  if ((r2 | r1) !== 0) ext = (ext | 1) >>> 0;
  setFinite(r, sign, exponent, high, low, ext);
}

/** Integer square root of 2^126 ≤ n < 2^128, from a double estimate and two Newton steps. */
function squareRoot128(n: bigint): bigint {
  let root = BigInt(Math.floor(Math.sqrt(Number(n >> 64n)))) << 32n;
  root = (root + n / root) >> 1n;
  root = (root + n / root) >> 1n;
  while (root * root > n) root -= 1n;
  return root;
}

/** r = √x. */
export function squareRootParts(ctx: FloatContext, r: Parts, x: Parts): void {
  if (x.sign === 1 && x.kind !== Kind.zero) {
    invalid(ctx, r);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal)) return;
  if (x.kind !== Kind.finite) {
    copyParts(r, x);
    return;
  }
  const odd = x.exponent & 1;
  const n = significand(x) << (odd ? 64n : 63n);
  const root = squareRoot128(n);
  const remainder = n - root * root;
  // √n lies above root + ½ exactly if the remainder exceeds the root; it is never root + ½ itself.
  const ext = remainder === 0n ? 0 : remainder > root ? 0xc000_0000 : 1;
  setFinite(r, 0, (x.exponent - odd) / 2, Number(root >> 32n), Number(root & 0xffff_ffffn), ext);
}

/** r = x × y + z with one rounding to come. */
export function fusedParts(ctx: FloatContext, r: Parts, x: Parts, y: Parts, z: Parts): void {
  const sign = x.sign ^ y.sign;
  const infinite = x.kind === Kind.infinity || y.kind === Kind.infinity;
  if (
    (infinite && (x.kind === Kind.zero || y.kind === Kind.zero)) ||
    (infinite && z.kind === Kind.infinity && z.sign !== sign)
  ) {
    invalid(ctx, r);
    return;
  }
  if (stopsAtDenormal(ctx, r, x.denormal || y.denormal || z.denormal)) return;
  if (infinite) setInfinity(r, sign);
  else if (z.kind === Kind.infinity) setInfinity(r, z.sign);
  else if (x.kind === Kind.zero || y.kind === Kind.zero) {
    if (z.kind === Kind.zero && z.sign !== sign) setZero(r, ctx.rounding === 1 ? 1 : 0);
    else copyParts(r, z);
  } else if (z.kind === Kind.zero) {
    setFromBigint(r, sign, significand(x) * significand(y), x.exponent + y.exponent - 126, false);
  } else {
    addProduct(ctx, r, sign, significand(x) * significand(y), x.exponent + y.exponent - 126, z);
  }
}

/** Beyond this distance the smaller term cannot reach the guard bits and only sticks. */
const FAR = 256;

function addProduct(ctx: FloatContext, r: Parts, sign: number, product: bigint, productScale: number, z: Parts): void {
  let a = product;
  let b = significand(z);
  let aScale = productScale;
  let bScale = z.exponent - 63;
  if (aScale - bScale > FAR) {
    b = 1n;
    bScale = aScale - FAR;
  } else if (bScale - aScale > FAR) {
    a = 1n;
    aScale = bScale - FAR;
  }
  const scale = Math.min(aScale, bScale);
  a <<= BigInt(aScale - scale);
  b <<= BigInt(bScale - scale);
  const sum = (sign ? -a : a) + (z.sign ? -b : b);
  if (sum === 0n) setZero(r, ctx.rounding === 1 ? 1 : 0);
  else setFromBigint(r, sum < 0n ? 1 : 0, sum < 0n ? -sum : sum, scale, false);
}
