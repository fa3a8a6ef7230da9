/**
 * FPREM and FPREM1: exact remainders, in steps when the exponents are far apart.
 *
 * Sources: Intel SDM vol. 2 FPREM, FPREM1; AMD APM vol. 5 FPREM (a partial step takes 32 + D mod 32 bits).
 */
import { Condition, type FloatContext } from "../context.ts";
import { invalid, stopsAtDenormal } from "../core/arithmetic.ts";
import { copyParts, Kind, setFromBigint, setZero, significand } from "../core/parts.ts";
import { beginBinary, deliverF80, type F80 } from "./extended.ts";

/**
 * FPREM: out = a − b × q, q = a / b truncated. `conditions`: C2 set means a partial remainder (repeat with `out` as a);
 * otherwise C0, C3, C1 are bits 2, 1, 0 of q.
 */
export function f80Remainder(ctx: FloatContext, out: F80, a: F80, b: F80): void {
  remainder(ctx, out, a, b, false);
}

/** FPREM1: as {@link f80Remainder} with q = a / b rounded to nearest-even. */
export function f80IeeeRemainder(ctx: FloatContext, out: F80, a: F80, b: F80): void {
  remainder(ctx, out, a, b, true);
}

function remainder(ctx: FloatContext, out: F80, a: F80, b: F80, nearest: boolean): void {
  let conditions = 0;
  if (!beginBinary(ctx, a, b, false)) conditions = reduce(ctx, nearest);
  deliverF80(ctx, out, 64);
  ctx.conditions = conditions;
}

function quotientBits(q: bigint): number {
  const bits = Number(q & 7n);
  return (bits & 4 ? Condition.C0 : 0) | (bits & 2 ? Condition.C3 : 0) | (bits & 1 ? Condition.C1 : 0);
}

function reduce(ctx: FloatContext, nearest: boolean): number {
  const { x, y, result } = ctx.scratch;
  if (x.kind === Kind.infinity || y.kind === Kind.zero) {
    invalid(ctx, result);
    return 0;
  }
  if (stopsAtDenormal(ctx, result, x.denormal || y.denormal)) return 0;
  const distance = x.exponent - y.exponent;
  if (x.kind === Kind.zero || y.kind === Kind.infinity || distance < -1) {
    copyParts(result, x);
    return 0;
  }
  let scale = Math.min(x.exponent, y.exponent) - 63;
  let dividend = significand(x);
  let divisor = significand(y);
  const partial = distance >= 64;
  if (partial) {
    const step = 32 + (distance & 31);
    dividend <<= BigInt(step);
    scale = x.exponent - step - 63;
  } else if (distance >= 0) dividend <<= BigInt(distance);
  else divisor <<= BigInt(-distance);
  let q = dividend / divisor;
  let rest = dividend - q * divisor;
  let sign = x.sign;
  if (nearest && !partial) {
    const twice = rest * 2n;
    if (twice > divisor || (twice === divisor && (q & 1n) === 1n)) {
      q += 1n;
      rest = divisor - rest;
      sign ^= 1;
    }
  }
  if (rest === 0n) setZero(result, x.sign);
  else setFromBigint(result, sign, rest, scale, false);
  return partial ? Condition.C2 : quotientBits(q);
}
