/**
 * Conversions between binary32, binary64 and integers, and rounding to integral values.
 *
 * Sources: Intel SDM vol. 2 CVTSD2SS, CVTSS2SD, CVTSD2SI, CVTTSD2SI, CVTSI2SD, ROUNDSD; vol. 1 §4.8.3.5.
 */
import { type FloatContext, FloatFlag, type RoundingMode } from "../context.ts";
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
import { F32, F64 } from "../core/round.ts";
import { packF32, packF64, unpackF32, unpackF64 } from "../core/small-formats.ts";
import { roundSse } from "./exact.ts";
import { propagateNan } from "./nan.ts";

const INDEFINITE_I32 = -0x8000_0000;
const INDEFINITE_I64 = -0x8000_0000_0000_0000n;

/** Moves the scratch operand to the result: a NaN quieted, a denormal noted. */
function pass(ctx: FloatContext): void {
  const { x, result } = ctx.scratch;
  if (propagateNan(ctx, result, x, x) || stopsAtDenormal(ctx, result, x.denormal)) return;
  copyParts(result, x);
}

/** CVTSS2SD: exact. */
export function f32ToF64(ctx: FloatContext, a: number): bigint {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  pass(ctx);
  return packF64(ctx, ctx.scratch.result);
}

/** CVTSD2SS. */
export function f64ToF32(ctx: FloatContext, a: bigint): number {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  pass(ctx);
  return packF32(roundSse(ctx, F32));
}

/** True if the scratch operand, rounded, is an integer of `bits`; otherwise raises IE. */
function toInteger(ctx: FloatContext, bits: number, mode: RoundingMode): boolean {
  const { x } = ctx.scratch;
  const direction = roundToInteger(x, mode);
  if (direction === TOO_LARGE || !fitsSigned(x, bits)) {
    ctx.flags |= FloatFlag.IE;
    return false;
  }
  noteInexact(ctx, direction);
  return true;
}

function toInt32(ctx: FloatContext, mode: RoundingMode): number {
  const { x } = ctx.scratch;
  if (!toInteger(ctx, 32, mode)) return INDEFINITE_I32;
  return x.sign ? -x.low | 0 : x.low;
}

function toInt64(ctx: FloatContext, mode: RoundingMode): bigint {
  const { x, u32, u64 } = ctx.scratch;
  if (!toInteger(ctx, 64, mode)) return INDEFINITE_I64;
  u32[0] = x.low;
  u32[1] = x.high;
  return BigInt.asIntN(64, x.sign ? -u64[0]! : u64[0]!);
}

/** CVTSS2SI r32: i32, or −2^31 with IE for NaN and what does not fit. */
export function f32ToI32(ctx: FloatContext, a: number): number {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  return toInt32(ctx, ctx.rounding);
}

/** CVTTSS2SI r32. */
export function f32ToI32Truncate(ctx: FloatContext, a: number): number {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  return toInt32(ctx, 3);
}

/** CVTSS2SI r64: i64, or −2^63 with IE for NaN and what does not fit. */
export function f32ToI64(ctx: FloatContext, a: number): bigint {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  return toInt64(ctx, ctx.rounding);
}

/** CVTTSS2SI r64. */
export function f32ToI64Truncate(ctx: FloatContext, a: number): bigint {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  return toInt64(ctx, 3);
}

/** CVTSD2SI r32: i32, or −2^31 with IE for NaN and what does not fit. */
export function f64ToI32(ctx: FloatContext, a: bigint): number {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  return toInt32(ctx, ctx.rounding);
}

/** CVTTSD2SI r32. */
export function f64ToI32Truncate(ctx: FloatContext, a: bigint): number {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  return toInt32(ctx, 3);
}

/** CVTSD2SI r64: i64, or −2^63 with IE for NaN and what does not fit. */
export function f64ToI64(ctx: FloatContext, a: bigint): bigint {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  return toInt64(ctx, ctx.rounding);
}

/** CVTTSD2SI r64. */
export function f64ToI64Truncate(ctx: FloatContext, a: bigint): bigint {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  return toInt64(ctx, 3);
}

/** CVTSI2SS r32: `value` is an i32. */
export function i32ToF32(ctx: FloatContext, value: number): number {
  setInt32(ctx.scratch.result, value);
  return packF32(roundSse(ctx, F32));
}

/** CVTSI2SS r64: `value` is an i64 (or the same 64 bits unsigned). */
export function i64ToF32(ctx: FloatContext, value: bigint): number {
  loadInt64(ctx, value);
  return packF32(roundSse(ctx, F32));
}

/** CVTSI2SD r32: exact. */
export function i32ToF64(ctx: FloatContext, value: number): bigint {
  ctx.scratch.f64[0] = value;
  return ctx.scratch.u64[0]!;
}

/** CVTSI2SD r64. */
export function i64ToF64(ctx: FloatContext, value: bigint): bigint {
  loadInt64(ctx, value);
  return packF64(ctx, roundSse(ctx, F64));
}

function loadInt64(ctx: FloatContext, value: bigint): void {
  const { u32, u64, result } = ctx.scratch;
  u64[0] = value;
  setInt64(result, u32[1]!, u32[0]!);
}

/** The immediate of ROUNDSS: bits 1:0 mode, bit 2 use MXCSR.RC, bit 3 suppress PE. */
function roundScratch(ctx: FloatContext, control: number): Parts {
  const { x, result } = ctx.scratch;
  if (propagateNan(ctx, result, x, x)) return result;
  const mode = (control & 4) !== 0 ? ctx.rounding : ((control & 3) as RoundingMode);
  const direction = roundToIntegral(x, mode);
  if ((control & 8) === 0) noteInexact(ctx, direction);
  copyParts(result, x);
  return result;
}

/** ROUNDSS: `control` is the immediate (bits 1:0 rounding mode, bit 2 take MXCSR's instead, bit 3 suppress PE). */
export function f32RoundToIntegral(ctx: FloatContext, a: number, control: number): number {
  unpackF32(ctx.scratch.x, a, ctx.daz);
  return packF32(roundScratch(ctx, control));
}

/** ROUNDSD: see {@link f32RoundToIntegral}. */
export function f64RoundToIntegral(ctx: FloatContext, a: bigint, control: number): bigint {
  unpackF64(ctx, ctx.scratch.x, a, ctx.daz);
  return packF64(ctx, roundScratch(ctx, control));
}
