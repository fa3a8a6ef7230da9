/**
 * binary64 arithmetic. Operands and result are raw encodings (u64 as bigint).
 *
 * Fast path: the host's own double operation gives the nearest result; error-free transformations (TwoSum by Knuth,
 * TwoProduct by Dekker and Veltkamp; see J.-M. Muller et al., Handbook of Floating-Point Arithmetic, ch. 4) give the
 * sign of what was rounded off, and from it PE and the other rounding modes.
 */
import { type FloatContext, FloatFlag } from "../context.ts";
import { addParts, divideParts, fusedParts, multiplyParts, squareRootParts } from "../core/arithmetic.ts";
import type { Parts } from "../core/parts.ts";
import { F64 } from "../core/round.ts";
import { packF64, unpackF64 } from "../core/small-formats.ts";
import { binaryF64, propagateFusedNan, roundSse, unaryF64 } from "./exact.ts";

const add = (ctx: FloatContext, r: Parts, x: Parts, y: Parts): void => addParts(ctx, r, x, y, 0);
const subtract = (ctx: FloatContext, r: Parts, x: Parts, y: Parts): void => addParts(ctx, r, x, y, 1);

/** Operands and results within these magnitudes keep every intermediate of the error terms normal. */
const SMALL = 2 ** -450;
const LARGE = 2 ** 450;
const SPLIT = 2 ** 27 + 1;

function isModerate(value: number): boolean {
  const magnitude = Math.abs(value);
  return magnitude >= SMALL && magnitude <= LARGE;
}

function toNumber(ctx: FloatContext, bits: bigint): number {
  ctx.scratch.u64[0] = bits;
  return ctx.scratch.f64[0]!;
}

/** The encoding of the nearest result `value`, given the sign of (true − value) for flags and directed rounding. */
function settle(ctx: FloatContext, value: number, error: number): bigint {
  const { f64, u64, u32 } = ctx.scratch;
  f64[0] = value;
  if (error !== 0) {
    ctx.flags |= FloatFlag.PE;
    if (ctx.rounding !== 0) {
      const up = ctx.rounding === 2 || (ctx.rounding === 3 && value < 0);
      if (up ? error > 0 : error < 0) {
        const low = u32[0]!;
        if (up === value > 0) {
          u32[0] = low + 1;
          if (low === 0xffff_ffff) u32[1] = u32[1]! + 1;
        } else {
          u32[0] = low - 1;
          if (low === 0) u32[1] = u32[1]! - 1;
        }
      }
    }
  }
  return u64[0]!;
}

/** a + b − sum, exactly. */
function sumError(a: number, b: number, sum: number): number {
  const bRounded = sum - a;
  return a - (sum - bRounded) + (b - bRounded);
}

/** a + b; if that is inexact, the neighbour with an odd last bit on the side of the exact sum. */
function oddSum(ctx: FloatContext, a: number, b: number): number {
  const sum = a + b;
  const error = sumError(a, b, sum);
  if (error === 0) return sum;
  const { f64, u32 } = ctx.scratch;
  f64[0] = sum;
  const low = u32[0]!;
  if ((low & 1) === 0) {
    if (error > 0 === sum > 0) u32[0] = low + 1;
    else {
      u32[0] = low - 1;
      if (low === 0) u32[1] = u32[1]! - 1;
    }
  }
  return f64[0]!;
}

/** a × b − product, exactly. */
function productError(a: number, b: number, product: number): number {
  const aScaled = a * SPLIT;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * SPLIT;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}

/** a + b: ADDSD, one lane of ADDPD. */
export function f64Add(ctx: FloatContext, a: bigint, b: bigint): bigint {
  const x = toNumber(ctx, a);
  const y = toNumber(ctx, b);
  if (isModerate(x) && isModerate(y)) {
    const sum = x + y;
    if (sum !== 0) return settle(ctx, sum, sumError(x, y, sum));
  }
  return binaryF64(ctx, a, b, add);
}

/** a − b: SUBSD. */
export function f64Sub(ctx: FloatContext, a: bigint, b: bigint): bigint {
  const x = toNumber(ctx, a);
  const y = -toNumber(ctx, b);
  if (isModerate(x) && isModerate(y)) {
    const sum = x + y;
    if (sum !== 0) return settle(ctx, sum, sumError(x, y, sum));
  }
  return binaryF64(ctx, a, b, subtract);
}

/** a × b: MULSD. */
export function f64Mul(ctx: FloatContext, a: bigint, b: bigint): bigint {
  const x = toNumber(ctx, a);
  const y = toNumber(ctx, b);
  const product = x * y;
  if (isModerate(x) && isModerate(y) && isModerate(product)) return settle(ctx, product, productError(x, y, product));
  return binaryF64(ctx, a, b, multiplyParts);
}

/** a / b: DIVSD. */
export function f64Div(ctx: FloatContext, a: bigint, b: bigint): bigint {
  const x = toNumber(ctx, a);
  const y = toNumber(ctx, b);
  const quotient = x / y;
  if (isModerate(x) && isModerate(y) && isModerate(quotient)) {
    const product = quotient * y;
    const remainder = x - product - productError(quotient, y, product);
    return settle(ctx, quotient, y > 0 ? remainder : -remainder);
  }
  return binaryF64(ctx, a, b, divideParts);
}

/** √a: SQRTSD. */
export function f64Sqrt(ctx: FloatContext, a: bigint): bigint {
  const x = toNumber(ctx, a);
  if (x > 0 && isModerate(x)) {
    const root = Math.sqrt(x);
    const square = root * root;
    return settle(ctx, root, x - square - productError(root, root, square));
  }
  return unaryF64(ctx, a, squareRootParts);
}

/**
 * a × b + c with one rounding. Of several NaN operands the first in the order a, b, c is delivered. The other forms
 * of FMA follow by flipping signs with {@link f64Negate}.
 */
export function f64Fma(ctx: FloatContext, a: bigint, b: bigint, c: bigint): bigint {
  const p = toNumber(ctx, a);
  const q = toNumber(ctx, b);
  const s = toNumber(ctx, c);
  if (isModerate(p) && isModerate(q) && isModerate(s) && isModerate(p * q)) {
    // a × b + c = high + (middle + low), the last two rounded to odd (Boldo and Melquiond, 2008).
    const product = p * q;
    const productLow = productError(p, q, product);
    const lower = s + productLow;
    const high = product + lower;
    const middle = sumError(product, lower, high);
    const low = sumError(s, productLow, lower);
    const rest = oddSum(ctx, middle, low);
    const value = high + rest;
    if (isModerate(value)) {
      const error = sumError(high, rest, value);
      if (error !== 0) return settle(ctx, value, error);
      // What rounding to odd left out; the larger term first keeps the difference exact.
      return settle(ctx, value, Math.abs(middle) >= Math.abs(low) ? middle - rest + low : low - rest + middle);
    }
  }
  const { x, y, z, result } = ctx.scratch;
  unpackF64(ctx, x, a, ctx.daz);
  unpackF64(ctx, y, b, ctx.daz);
  unpackF64(ctx, z, c, ctx.daz);
  if (!propagateFusedNan(ctx)) fusedParts(ctx, result, x, y, z);
  return packF64(ctx, roundSse(ctx, F64));
}

/** −a, but a NaN stays as it is: what FMSUB, FNMADD and FNMSUB do to their operands. */
export function f64Negate(a: bigint): bigint {
  return (a & 0x7fff_ffff_ffff_ffffn) > 0x7ff0_0000_0000_0000n ? a : a ^ 0x8000_0000_0000_0000n;
}
