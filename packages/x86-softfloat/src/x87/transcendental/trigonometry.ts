/**
 * FSIN, FCOS, FSINCOS, FPTAN.
 *
 * Arguments beyond ±π/4 are reduced with the processor's own π of 66 bits, 4 × 0.C90FDAA2_2168C234_C (Intel SDM vol. 1
 * §8.3.8), so that results near multiples of the true π differ from mathematics as they do on hardware.
 */
import { Condition, type FloatContext } from "../../context.ts";
import { invalid, stopsAtDenormal } from "../../core/arithmetic.ts";
import { copyParts, Kind, type Parts, setFinite, setFromBigint, setZero, significand } from "../../core/parts.ts";
import { beginUnary, deliverF80, type F80 } from "../extended.ts";
import { cosine, FRACTION_BITS, magnitudeToFixed, sine } from "./fixed-point.ts";

/** π/2 in units of 2^-67. */
const HALF_PI_66 = 0xc_90fd_aa22_168c_234cn;
const HALF_PI_SCALE = 67;
/** Below 2^this, sin x = tan x = x and cos x = 1 but for a sticky bit. */
const TINY_EXPONENT = -64;
/** From 2^this on the argument is out of range. */
const RANGE_EXPONENT = 63;

/** A reduced argument: x = quadrant × π/2 + rest, |rest| ≤ π/4. */
interface Reduced {
  readonly quadrant: number;
  readonly rest: bigint;
}

function reduce(x: Parts): Reduced {
  // x.exponent is between −64 and 62, so that x is a multiple of 2^-127.
  let rest = magnitudeToFixed(x);
  const half = HALF_PI_66 << BigInt(FRACTION_BITS - HALF_PI_SCALE);
  let quadrant = 0n;
  if (2n * rest > half) {
    quadrant = (2n * rest + half) / (2n * half);
    rest -= quadrant * half;
  }
  return x.sign ? { quadrant: Number(-quadrant & 3n), rest: -rest } : { quadrant: Number(quadrant & 3n), rest };
}

function setFixed(p: Parts, value: bigint): void {
  setFromBigint(p, value < 0n ? 1 : 0, value < 0n ? -value : value, -FRACTION_BITS, true);
}

/** x moved by less than its last bit towards or away from zero. */
function setNear(p: Parts, x: Parts, away: boolean): void {
  setFromBigint(p, x.sign, (significand(x) << 64n) + (away ? 1n : -1n), x.exponent - 127, true);
}

function setSine(p: Parts, x: Parts): void {
  if (x.exponent < TINY_EXPONENT) {
    setNear(p, x, false);
    return;
  }
  const { quadrant, rest } = reduce(x);
  const value = quadrant & 1 ? cosine(rest) : sine(rest);
  setFixed(p, quadrant & 2 ? -value : value);
}

function setCosine(p: Parts, x: Parts): void {
  if (x.exponent < TINY_EXPONENT) {
    setFromBigint(p, 0, (1n << 128n) - 1n, -128, true);
    return;
  }
  const { quadrant, rest } = reduce(x);
  const value = quadrant & 1 ? sine(rest) : cosine(rest);
  setFixed(p, quadrant === 1 || quadrant === 2 ? -value : value);
}

function setTangent(p: Parts, x: Parts): void {
  if (x.exponent < TINY_EXPONENT) {
    setNear(p, x, true);
    return;
  }
  const { quadrant, rest } = reduce(x);
  const s = sine(rest);
  const c = cosine(rest);
  const scale = BigInt(FRACTION_BITS);
  setFixed(p, quadrant & 1 ? (-c << scale) / s : (s << scale) / c);
}

function setOne(p: Parts): void {
  setFinite(p, 0, 0, 0x8000_0000, 0, 0);
}

/** What {@link begin} found. */
const DONE = 0;
const OUT_OF_RANGE = 1;
const COMPUTE = 2;

/** Unpacks the operand; DONE if `scratch.result` is the answer already (zeros are left to the caller). */
function begin(ctx: FloatContext, a: F80): number {
  const { x, result } = ctx.scratch;
  if (beginUnary(ctx, a)) return DONE;
  if (x.kind === Kind.infinity) {
    invalid(ctx, result);
    return DONE;
  }
  if (stopsAtDenormal(ctx, result, x.denormal)) return DONE;
  return x.kind === Kind.finite && x.exponent >= RANGE_EXPONENT ? OUT_OF_RANGE : COMPUTE;
}

/** FSIN. If |a| ≥ 2^63, `conditions` is C2 and `out` is left alone. */
export function f80Sin(ctx: FloatContext, out: F80, a: F80): void {
  const { x, result } = ctx.scratch;
  const state = begin(ctx, a);
  if (state === OUT_OF_RANGE) {
    ctx.conditions = Condition.C2;
    return;
  }
  if (state === COMPUTE) {
    if (x.kind === Kind.zero) copyParts(result, x);
    else setSine(result, x);
  }
  deliverF80(ctx, out, 64);
}

/** FCOS. If |a| ≥ 2^63, `conditions` is C2 and `out` is left alone. */
export function f80Cos(ctx: FloatContext, out: F80, a: F80): void {
  const { x, result } = ctx.scratch;
  const state = begin(ctx, a);
  if (state === OUT_OF_RANGE) {
    ctx.conditions = Condition.C2;
    return;
  }
  if (state === COMPUTE) {
    if (x.kind === Kind.zero) setOne(result);
    else setCosine(result, x);
  }
  deliverF80(ctx, out, 64);
}

/**
 * FSINCOS: the sine replaces ST(0), the cosine is pushed. If |a| ≥ 2^63, `conditions` is C2 and nothing is written;
 * otherwise C1 is that of the sine, as AMD processors have it.
 */
export function f80SinCos(ctx: FloatContext, sinOut: F80, cosOut: F80, a: F80): void {
  const { x, y, result } = ctx.scratch;
  const state = begin(ctx, a);
  if (state === OUT_OF_RANGE) {
    ctx.conditions = Condition.C2;
    return;
  }
  if (state === DONE) {
    copyParts(y, result);
    deliverF80(ctx, sinOut, 64);
    copyParts(result, y);
    deliverF80(ctx, cosOut, 64);
    return;
  }
  if (x.kind === Kind.zero) copyParts(result, x);
  else setSine(result, x);
  deliverF80(ctx, sinOut, 64);
  const { conditions } = ctx;
  if (x.kind === Kind.zero) setOne(result);
  else setCosine(result, x);
  deliverF80(ctx, cosOut, 64);
  ctx.conditions = conditions;
}

/**
 * FPTAN: the tangent replaces ST(0), 1.0 is pushed (both are the NaN if the operand is one). If |a| ≥ 2^63,
 * `conditions` is C2 and nothing is written.
 */
export function f80Tan(ctx: FloatContext, tanOut: F80, oneOut: F80, a: F80): void {
  const { x, y, result } = ctx.scratch;
  const state = begin(ctx, a);
  if (state === OUT_OF_RANGE) {
    ctx.conditions = Condition.C2;
    return;
  }
  if (state === DONE) copyParts(y, result);
  else {
    setOne(y);
    if (x.kind === Kind.zero) setZero(result, x.sign);
    else setTangent(result, x);
  }
  deliverF80(ctx, tanOut, 64);
  const { conditions } = ctx;
  copyParts(result, y);
  deliverF80(ctx, oneOut, 64);
  ctx.conditions = conditions;
}
