/** F2XM1. Source: Intel SDM vol. 2 F2XM1, vol. 1 §8.3.9. */
import { type FloatContext, FloatFlag } from "../../context.ts";
import { stopsAtDenormal } from "../../core/arithmetic.ts";
import { copyParts, Kind, type Parts, setFinite, setFromBigint, setInfinity, significand } from "../../core/parts.ts";
import { beginUnary, deliverF80, type F80 } from "../extended.ts";
import { exponentialMinusOne, FRACTION_BITS, LN_2, magnitudeToFixed, multiply } from "./fixed-point.ts";

/** Below 2^this, 2^x − 1 = x ln 2 to far more than 64 bits. */
const TINY_EXPONENT = -128;

/**
 * F2XM1: out = 2^a − 1 for −1 ≤ a ≤ 1. Beyond that range hardware leaves the result undefined; here a is returned
 * (and −1 or +∞ for infinities).
 */
export function f80Exp2Minus1(ctx: FloatContext, out: F80, a: F80): void {
  const { x, result } = ctx.scratch;
  if (!beginUnary(ctx, a) && !stopsAtDenormal(ctx, result, x.denormal)) compute(ctx, result, x);
  deliverF80(ctx, out, 64);
}

/** Everything but zeros and infinities counts as inexact, as on hardware, even ±1 and what is out of range. */
function compute(ctx: FloatContext, r: Parts, x: Parts): void {
  if (x.kind === Kind.finite) ctx.flags |= FloatFlag.PE;
  if (x.kind === Kind.infinity) {
    if (x.sign) setFinite(r, 1, 0, 0x8000_0000, 0, 0);
    else setInfinity(r, 0);
  } else if (x.kind === Kind.zero || x.exponent > 0) copyParts(r, x);
  else if (x.exponent === 0) {
    // ±1 (anything else with this exponent is out of range): 2 − 1 and ½ − 1.
    copyParts(r, x);
    if (x.sign && x.high === 0x8000_0000 && x.low === 0) r.exponent = -1;
  } else if (x.exponent < TINY_EXPONENT) {
    setFromBigint(r, x.sign, significand(x) * LN_2, x.exponent - 63 - FRACTION_BITS, true);
  } else {
    const t = multiply(magnitudeToFixed(x), LN_2);
    const value = exponentialMinusOne(x.sign ? -t : t);
    setFromBigint(r, x.sign, value < 0n ? -value : value, -FRACTION_BITS, true);
  }
}
