/**
 * FADD, FSUB, FMUL, FDIV, FSQRT, FCHS, FABS. Precision control applies to the first five (Intel SDM vol. 1 §8.1.5.2).
 *
 * `out` may be an operand. It is left alone when an unmasked IE, DE or ZE stops the operation; unmasked OE and UE
 * deliver the bias-adjusted result. `denormal` says that `b` came from a denormal m32 or m64 operand.
 */
import type { FloatContext } from "../context.ts";
import { addParts, divideParts, multiplyParts, squareRootParts } from "../core/arithmetic.ts";
import { beginBinary, beginUnary, deliverF80, type F80 } from "./extended.ts";

/** out = a + b. */
export function f80Add(ctx: FloatContext, out: F80, a: F80, b: F80, denormal = false): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, denormal)) addParts(ctx, result, x, y, 0);
  deliverF80(ctx, out, ctx.precision);
}

/** out = a − b. */
export function f80Sub(ctx: FloatContext, out: F80, a: F80, b: F80, denormal = false): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, denormal)) addParts(ctx, result, x, y, 1);
  deliverF80(ctx, out, ctx.precision);
}

/** out = a × b. */
export function f80Mul(ctx: FloatContext, out: F80, a: F80, b: F80, denormal = false): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, denormal)) multiplyParts(ctx, result, x, y);
  deliverF80(ctx, out, ctx.precision);
}

/** out = a / b. */
export function f80Div(ctx: FloatContext, out: F80, a: F80, b: F80, denormal = false): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, denormal)) divideParts(ctx, result, x, y);
  deliverF80(ctx, out, ctx.precision);
}

/** out = √a. */
export function f80Sqrt(ctx: FloatContext, out: F80, a: F80): void {
  const { x, result } = ctx.scratch;
  if (!beginUnary(ctx, a)) squareRootParts(ctx, result, x);
  deliverF80(ctx, out, ctx.precision);
}

/** FCHS: flips the sign bit of anything, NaNs included. */
export function f80Negate(ctx: FloatContext, out: F80, a: F80): void {
  out.high = a.high;
  out.low = a.low;
  out.signExponent = a.signExponent ^ 0x8000;
  ctx.conditions = 0;
}

/** FABS: clears the sign bit of anything, NaNs included. */
export function f80Abs(ctx: FloatContext, out: F80, a: F80): void {
  out.high = a.high;
  out.low = a.low;
  out.signExponent = a.signExponent & 0x7fff;
  ctx.conditions = 0;
}
