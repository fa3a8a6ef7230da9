/**
 * FLD, FST, FILD, FIST, FISTTP and FRNDINT: between the 80-bit format and the others.
 *
 * Sources: Intel SDM vol. 2 FLD, FST, FILD, FIST, FISTTP, FRNDINT; vol. 1 §8.1.5, §8.5.4–6. Stores whose exception is
 * unmasked store nothing: check `unmaskedExceptions(ctx) & ~FloatFlag.PE` before using the result.
 */
import { Condition, type FloatContext, FloatFlag, type RoundingMode } from "../context.ts";
import { stopsAtDenormal } from "../core/arithmetic.ts";
import {
  fitsSigned,
  noteInexact,
  roundToInteger,
  roundToIntegral,
  setInt32,
  setInt64,
  TOO_LARGE,
} from "../core/integer.ts";
import { copyParts, type Parts } from "../core/parts.ts";
import { F32, F64, type Format, OutOfRange, ROUNDED_UP, roundParts } from "../core/round.ts";
import { packF32, packF64, unpackF32, unpackF64 } from "../core/small-formats.ts";
import { beginUnary, type F80, packF80, propagateNanX87, unpackF80 } from "./extended.ts";

/** FLD m32: an SNaN is quieted with IE, a denormal raises DE. */
export function f32ToF80(ctx: FloatContext, out: F80, bits: number): void {
  unpackF32(ctx.scratch.x, bits, false);
  load(ctx, out);
}

/** FLD m64: an SNaN is quieted with IE, a denormal raises DE. */
export function f64ToF80(ctx: FloatContext, out: F80, bits: bigint): void {
  unpackF64(ctx, ctx.scratch.x, bits, false);
  load(ctx, out);
}

function load(ctx: FloatContext, out: F80): void {
  const { x, result } = ctx.scratch;
  ctx.conditions = 0;
  if (!propagateNanX87(ctx, result, x, x) && !stopsAtDenormal(ctx, result, x.denormal)) copyParts(result, x);
  packF80(out, result);
}

/**
 * Widens the m32 operand of FADD, FCOM and the like: no exceptions, an SNaN stays one. Returns whether it was denormal,
 * to be passed on to the operation.
 */
export function widenF32(ctx: FloatContext, out: F80, bits: number): boolean {
  unpackF32(ctx.scratch.x, bits, false);
  return widen(ctx, out);
}

/** Widens the m64 operand of FADD, FCOM and the like: see {@link widenF32}. */
export function widenF64(ctx: FloatContext, out: F80, bits: bigint): boolean {
  unpackF64(ctx, ctx.scratch.x, bits, false);
  return widen(ctx, out);
}

function widen(ctx: FloatContext, out: F80): boolean {
  const { x } = ctx.scratch;
  const { high } = x;
  packF80(out, x);
  out.high = high;
  return x.denormal;
}

/** FILD m16 and m32: exact. `value` is an i32. */
export function i32ToF80(ctx: FloatContext, out: F80, value: number): void {
  setInt32(ctx.scratch.result, value);
  ctx.conditions = 0;
  packF80(out, ctx.scratch.result);
}

/** FILD m64: exact. `value` is an i64 (or the same 64 bits unsigned). */
export function i64ToF80(ctx: FloatContext, out: F80, value: bigint): void {
  const { u32, u64, result } = ctx.scratch;
  u64[0] = value;
  setInt64(result, u32[1]!, u32[0]!);
  ctx.conditions = 0;
  packF80(out, result);
}

function narrow(ctx: FloatContext, a: F80, format: Format): Parts {
  const { x, result } = ctx.scratch;
  if (!beginUnary(ctx, a)) copyParts(result, x);
  const { precision, minExponent, maxExponent } = format;
  const direction = roundParts(ctx, result, precision, minExponent, maxExponent, OutOfRange.x87Memory);
  ctx.conditions = direction === ROUNDED_UP ? Condition.C1 : 0;
  return result;
}

/** FST m32. */
export function f80ToF32(ctx: FloatContext, a: F80): number {
  return packF32(narrow(ctx, a, F32));
}

/** FST m64. */
export function f80ToF64(ctx: FloatContext, a: F80): bigint {
  return packF64(ctx, narrow(ctx, a, F64));
}

/** Leaves the integer's magnitude in the scratch, or raises IE and returns false. */
function toInteger(ctx: FloatContext, a: F80, bits: number, mode: RoundingMode): boolean {
  const { x } = ctx.scratch;
  unpackF80(x, a);
  const direction = roundToInteger(x, mode);
  ctx.conditions = 0;
  if (direction === TOO_LARGE || !fitsSigned(x, bits)) {
    ctx.flags |= FloatFlag.IE;
    return false;
  }
  noteInexact(ctx, direction);
  if (direction === ROUNDED_UP) ctx.conditions = Condition.C1;
  return true;
}

/** FIST m16 (pass `mode` 3 for FISTTP): i16, or −2^15 with IE for NaN and what does not fit. */
export function f80ToI16(ctx: FloatContext, a: F80, mode: RoundingMode = ctx.rounding): number {
  const { x } = ctx.scratch;
  if (!toInteger(ctx, a, 16, mode)) return -0x8000;
  return x.sign ? -x.low | 0 : x.low;
}

/** FIST m32 (pass `mode` 3 for FISTTP): i32, or −2^31 with IE for NaN and what does not fit. */
export function f80ToI32(ctx: FloatContext, a: F80, mode: RoundingMode = ctx.rounding): number {
  const { x } = ctx.scratch;
  if (!toInteger(ctx, a, 32, mode)) return -0x8000_0000;
  return x.sign ? -x.low | 0 : x.low;
}

/** FISTP m64 (pass `mode` 3 for FISTTP): i64, or −2^63 with IE for NaN and what does not fit. */
export function f80ToI64(ctx: FloatContext, a: F80, mode: RoundingMode = ctx.rounding): bigint {
  const { x, u32, u64 } = ctx.scratch;
  if (!toInteger(ctx, a, 64, mode)) return -0x8000_0000_0000_0000n;
  u32[0] = x.low;
  u32[1] = x.high;
  return BigInt.asIntN(64, x.sign ? -u64[0]! : u64[0]!);
}

/** FRNDINT: out = a rounded to an integer by the current rounding. */
export function f80RoundToInt(ctx: FloatContext, out: F80, a: F80): void {
  const { x, result } = ctx.scratch;
  ctx.conditions = 0;
  if (!beginUnary(ctx, a) && !stopsAtDenormal(ctx, result, x.denormal)) {
    const direction = roundToIntegral(x, ctx.rounding);
    noteInexact(ctx, direction);
    if (direction === ROUNDED_UP) ctx.conditions = Condition.C1;
    copyParts(result, x);
  }
  packF80(out, result);
}
