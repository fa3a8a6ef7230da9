/** FSCALE and FXTRACT. Source: Intel SDM vol. 2 FSCALE (table 3-30), FXTRACT; vol. 1 §8.3.8. */
import type { FloatContext } from "../context.ts";
import { divideByZero, invalid, stopsAtDenormal } from "../core/arithmetic.ts";
import { roundToInteger, setInt32 } from "../core/integer.ts";
import { copyParts, Kind, setInfinity, setZero } from "../core/parts.ts";
import { beginBinary, beginUnary, deliverF80, type F80, packF80 } from "./extended.ts";

/** Any scale beyond this takes every number out of range, even a bias-adjusted one. */
const MAX_SCALE = 0x1_0000;

/** FSCALE: out = a × 2^n, n = b truncated. Precision control does not apply. */
export function f80Scale(ctx: FloatContext, out: F80, a: F80, b: F80): void {
  if (!beginBinary(ctx, a, b, false)) scale(ctx);
  deliverF80(ctx, out, 64);
}

function scale(ctx: FloatContext): void {
  const { x, y, result } = ctx.scratch;
  if (y.kind === Kind.infinity) {
    if (x.kind === (y.sign ? Kind.infinity : Kind.zero)) {
      invalid(ctx, result);
      return;
    }
    if (stopsAtDenormal(ctx, result, x.denormal)) return;
    if (y.sign) setZero(result, x.sign);
    else setInfinity(result, x.sign);
    return;
  }
  if (stopsAtDenormal(ctx, result, x.denormal || y.denormal)) return;
  copyParts(result, x);
  if (x.kind !== Kind.finite || y.kind === Kind.zero) return;
  let amount = MAX_SCALE;
  if (y.exponent < 16) {
    roundToInteger(y, 3);
    amount = y.low;
  }
  result.exponent += y.sign ? -amount : amount;
}

/**
 * FXTRACT: splits `a` into an exponent (what replaces ST(0)) and a significand with 1 ≤ |significand| < 2 (what is
 * pushed). Zero raises ZE and gives −∞ and the zero.
 */
export function f80Extract(ctx: FloatContext, exponentOut: F80, significandOut: F80, a: F80): void {
  const { x, result } = ctx.scratch;
  ctx.conditions = 0;
  if (beginUnary(ctx, a)) {
    packF80(significandOut, result);
    packF80(exponentOut, result);
    return;
  }
  if (x.kind === Kind.zero) {
    divideByZero(ctx, result, 1);
    if (result.kind !== Kind.none) packF80(significandOut, x);
    packF80(exponentOut, result);
    return;
  }
  if (stopsAtDenormal(ctx, result, x.denormal)) return;
  if (x.kind === Kind.infinity) setInfinity(result, 0);
  else setInt32(result, x.exponent);
  x.exponent = 0;
  packF80(significandOut, x);
  packF80(exponentOut, result);
}
