/** FPATAN. Source: Intel SDM vol. 2 FPATAN (table of special results). */
import type { FloatContext } from "../../context.ts";
import { divideFinite, stopsAtDenormal } from "../../core/arithmetic.ts";
import { compareParts, Kind, type Parts, setFromBigint, setZero, significand } from "../../core/parts.ts";
import { beginBinary, deliverF80, type F80 } from "../extended.ts";
import { arctangent, FRACTION_BITS, PI, shift } from "./fixed-point.ts";

/** Below 2^this, arctan t = t to far more than 64 bits. */
const TINY_EXPONENT = -100;

/** FPATAN: out = the angle of the point (a, b), that is arctan(b / a) in the right quadrant; a in ST(0), b in ST(1). */
export function f80Atan(ctx: FloatContext, out: F80, a: F80, b: F80): void {
  const { x, y, result } = ctx.scratch;
  if (!beginBinary(ctx, a, b, false) && !stopsAtDenormal(ctx, result, x.denormal || y.denormal)) angle(result, x, y);
  deliverF80(ctx, out, 64);
}

function setAngle(r: Parts, sign: number, value: bigint): void {
  setFromBigint(r, sign, value, -FRACTION_BITS, true);
}

function angle(r: Parts, x: Parts, y: Parts): void {
  const { sign } = y;
  if (y.kind === Kind.infinity && x.kind === Kind.infinity) setAngle(r, sign, x.sign ? (3n * PI) >> 2n : PI >> 2n);
  else if (y.kind === Kind.zero || x.kind === Kind.infinity) {
    if (x.sign) setAngle(r, sign, PI);
    else setZero(r, sign);
  } else if (x.kind === Kind.zero || y.kind === Kind.infinity) setAngle(r, sign, PI >> 1n);
  else finiteAngle(r, x, y);
}

/** (smaller / larger) as a fixed-point number, at most 1. */
function ratio(smaller: Parts, larger: Parts): bigint {
  const distance = larger.exponent - smaller.exponent;
  return shift(significand(smaller) << BigInt(FRACTION_BITS), -distance) / significand(larger);
}

function finiteAngle(r: Parts, x: Parts, y: Parts): void {
  const { sign } = y;
  const left = x.sign === 1;
  x.sign = 0;
  y.sign = 0;
  const steep = compareParts(y, x) > 0;
  const distance = Math.abs(y.exponent - x.exponent);
  if (!steep && !left && distance > -TINY_EXPONENT) {
    divideFinite(r, y, x, sign);
    // The arctangent is a little below the quotient: take 1 off the last of 96 bits, which then sticks.
    const quotient = (significand(r) << 32n) | BigInt(r.ext);
    if ((r.ext & 1) === 0) setFromBigint(r, sign, (quotient << 1n) - 1n, r.exponent - 96, true);
    return;
  }
  // Beyond 2^-100 the small angle only decides which way π or π/2 is rounded.
  const small = distance > -TINY_EXPONENT + 28 ? 1n : steep ? arctangent(ratio(x, y)) : arctangent(ratio(y, x));
  if (steep) setAngle(r, sign, left ? (PI >> 1n) + small : (PI >> 1n) - small);
  else setAngle(r, sign, left ? PI - small : small);
}
