/**
 * binary32 arithmetic. Operands and result are raw encodings (u32).
 *
 * Fast path: the host computes in binary64, whose 53 bits are at least 2 × 24 + 2, so rounding its result once more to
 * binary32 is exact (S. A. Figueroa, "When is double rounding innocuous?", SIGNUM Newsletter 30(3), 1995). The sign of
 * (true result − rounded result) then gives PE and the other rounding modes.
 */
import { type FloatContext, FloatFlag } from "../context.ts";
import { addParts, divideParts, fusedParts, multiplyParts, squareRootParts } from "../core/arithmetic.ts";
import type { Parts } from "../core/parts.ts";
import { F32 } from "../core/round.ts";
import { packF32, unpackF32 } from "../core/small-formats.ts";
import { binaryF32, propagateFusedNan, roundSse, unaryF32 } from "./exact.ts";

const add = (ctx: FloatContext, r: Parts, x: Parts, y: Parts): void => addParts(ctx, r, x, y, 0);
const subtract = (ctx: FloatContext, r: Parts, x: Parts, y: Parts): void => addParts(ctx, r, x, y, 1);

/** Results from here up, and at most {@link LARGE}, are safely normal whatever the rounding. */
const SMALL = 2 ** -125;
const LARGE = 2 ** 127;

/** Neither zero, denormal, infinite nor NaN. */
function isNormal(bits: number): boolean {
  return ((bits + 0x80_0000) & 0x7f80_0000) >>> 0 > 0x80_0000;
}

/** The encoding of the nearest result `value`, given the sign of (true − value) for flags and directed rounding. */
function settle(ctx: FloatContext, value: number, error: number): number {
  const { f32, u32 } = ctx.scratch;
  f32[0] = value;
  const bits = u32[0]!;
  if (error === 0) return bits;
  ctx.flags |= FloatFlag.PE;
  if (ctx.rounding === 0) return bits;
  const up = ctx.rounding === 2 || (ctx.rounding === 3 && value < 0);
  if (up) return error > 0 ? (value > 0 ? bits + 1 : bits - 1) : bits;
  return error < 0 ? (value > 0 ? bits - 1 : bits + 1) : bits;
}

function toNumber(ctx: FloatContext, bits: number): number {
  ctx.scratch.u32[0] = bits;
  return ctx.scratch.f32[0]!;
}

/** The sum of two numbers after TwoSum (D. Knuth, TAOCP vol. 2 §4.2.2), or NaN where the fast path does not hold. */
function sumError(a: number, b: number, sum: number): number {
  const bRounded = sum - a;
  return a - (sum - bRounded) + (b - bRounded);
}

/** x + y; if that is inexact, the neighbour with an odd last bit. */
function oddSum(ctx: FloatContext, x: number, y: number): number {
  const sum = x + y;
  const error = sumError(x, y, sum);
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

function addFast(ctx: FloatContext, x: number, y: number): number {
  const sum = x + y;
  const value = Math.fround(sum);
  const magnitude = Math.abs(value);
  if (magnitude < SMALL || magnitude > LARGE) return -1;
  return settle(ctx, value, sum !== value ? sum - value : sumError(x, y, sum));
}

/** a + b: ADDSS, one lane of ADDPS. */
export function f32Add(ctx: FloatContext, a: number, b: number): number {
  if (isNormal(a) && isNormal(b)) {
    const bits = addFast(ctx, toNumber(ctx, a), toNumber(ctx, b));
    if (bits >= 0) return bits;
  }
  return binaryF32(ctx, a, b, add);
}

/** a − b: SUBSS. */
export function f32Sub(ctx: FloatContext, a: number, b: number): number {
  if (isNormal(a) && isNormal(b)) {
    const bits = addFast(ctx, toNumber(ctx, a), -toNumber(ctx, b));
    if (bits >= 0) return bits;
  }
  return binaryF32(ctx, a, b, subtract);
}

/** a × b: MULSS. */
export function f32Mul(ctx: FloatContext, a: number, b: number): number {
  if (isNormal(a) && isNormal(b)) {
    const product = toNumber(ctx, a) * toNumber(ctx, b);
    const value = Math.fround(product);
    const magnitude = Math.abs(value);
    if (magnitude >= SMALL && magnitude <= LARGE) return settle(ctx, value, product - value);
  }
  return binaryF32(ctx, a, b, multiplyParts);
}

/** a / b: DIVSS. */
export function f32Div(ctx: FloatContext, a: number, b: number): number {
  if (isNormal(a) && isNormal(b)) {
    const x = toNumber(ctx, a);
    const y = toNumber(ctx, b);
    const quotient = x / y;
    const value = Math.fround(quotient);
    const magnitude = Math.abs(value);
    if (magnitude >= SMALL && magnitude <= LARGE) {
      // value × y is exact: 24 × 24 bits.
      const remainder = x - value * y;
      return settle(ctx, value, y > 0 ? remainder : -remainder);
    }
  }
  return binaryF32(ctx, a, b, divideParts);
}

/** √a: SQRTSS. */
export function f32Sqrt(ctx: FloatContext, a: number): number {
  if (a >>> 31 === 0 && isNormal(a)) {
    const x = toNumber(ctx, a);
    const value = Math.fround(Math.sqrt(x));
    return settle(ctx, value, x - value * value);
  }
  return unaryF32(ctx, a, squareRootParts);
}

/**
 * a × b + c with one rounding. Of several NaN operands the first in the order a, b, c is delivered. The other
 * forms of FMA follow by flipping the sign bit of the product or of c when it is not a NaN: see {@link f32Negate}.
 */
export function f32Fma(ctx: FloatContext, a: number, b: number, c: number): number {
  if (isNormal(a) && isNormal(b) && isNormal(c)) {
    // The product is exact; a sum rounded to odd can be rounded once more (S. Boldo and G. Melquiond, 2008).
    const product = toNumber(ctx, a) * toNumber(ctx, b);
    const sum = oddSum(ctx, product, toNumber(ctx, c));
    const value = Math.fround(sum);
    const magnitude = Math.abs(value);
    if (magnitude >= SMALL && magnitude <= LARGE) return settle(ctx, value, sum - value);
  }
  const { x, y, z, result } = ctx.scratch;
  unpackF32(x, a, ctx.daz);
  unpackF32(y, b, ctx.daz);
  unpackF32(z, c, ctx.daz);
  if (!propagateFusedNan(ctx)) fusedParts(ctx, result, x, y, z);
  return packF32(roundSse(ctx, F32));
}

/** −a, but a NaN stays as it is: what FMSUB, FNMADD and FNMSUB do to their operands. */
export function f32Negate(a: number): number {
  return (a & 0x7fff_ffff) >>> 0 > 0x7f80_0000 ? a : (a ^ 0x8000_0000) >>> 0;
}
