/** FCOM, FUCOM, FCOMI, FTST, FXAM. Source: Intel SDM vol. 2 FCOM, FUCOM, FCOMI, FTST, FXAM; vol. 1 §8.3.6. */
import { Condition, type FloatContext, FloatFlag } from "../context.ts";
import { compareParts, isNan, Kind, setZero } from "../core/parts.ts";
import { CompareFlags } from "../sse/compare.ts";
import { type F80, unpackF80 } from "./extended.ts";

/**
 * FCOM and FCOMI (`quiet` false), FUCOM and FUCOMI (`quiet` true). Returns ZF, PF and CF at their RFLAGS positions, and
 * sets C3, C2 and C0 of `conditions` to the same three (C1 = 0). An unmasked IE or DE leaves the destination of FCOMI
 * alone: see `unmaskedExceptions`. `denormal` says that `b` came from a denormal m32 or m64 operand.
 */
export function f80Compare(ctx: FloatContext, a: F80, b: F80, quiet: boolean, denormal = false): number {
  const { x, y } = ctx.scratch;
  unpackF80(x, a);
  unpackF80(y, b);
  if (denormal) y.denormal = true;
  return relate(ctx, quiet);
}

/** FTST: compares with 0; results as in {@link f80Compare}. */
export function f80Test(ctx: FloatContext, a: F80): number {
  const { x, y } = ctx.scratch;
  unpackF80(x, a);
  setZero(y, 0);
  y.denormal = false;
  return relate(ctx, false);
}

function relate(ctx: FloatContext, quiet: boolean): number {
  const { x, y } = ctx.scratch;
  if (isNan(x) || isNan(y)) {
    if (!quiet || x.kind > Kind.quietNan || y.kind > Kind.quietNan) ctx.flags |= FloatFlag.IE;
    ctx.conditions = Condition.C3 | Condition.C2 | Condition.C0;
    return CompareFlags.unordered;
  }
  if (x.denormal || y.denormal) ctx.flags |= FloatFlag.DE;
  const order = compareParts(x, y);
  ctx.conditions = order === 0 ? Condition.C3 : order < 0 ? Condition.C0 : 0;
  return order === 0 ? CompareFlags.equal : order < 0 ? CompareFlags.less : CompareFlags.greater;
}

/**
 * FXAM of a register that is not empty: sets and returns `conditions`. C1 is the sign; C3, C2, C0 are the class:
 * 000 unsupported, 001 NaN, 010 normal, 011 infinity, 100 zero, 110 denormal (the caller answers 101 for empty).
 */
export function f80Examine(ctx: FloatContext, a: F80): number {
  const { x } = ctx.scratch;
  unpackF80(x, a);
  let bits = x.sign ? Condition.C1 : 0;
  if (x.kind === Kind.zero) bits |= Condition.C3;
  else if (x.kind === Kind.infinity) bits |= Condition.C2 | Condition.C0;
  else if (x.kind === Kind.finite) bits |= x.denormal ? Condition.C3 | Condition.C2 : Condition.C2;
  else if (x.kind !== Kind.unsupported) bits |= Condition.C0;
  ctx.conditions = bits;
  return bits;
}
