/**
 * NaN operands of SSE instructions: an SNaN raises IE, the first source operand that is a NaN is delivered, quieted.
 * Source: Intel SDM vol. 1 table 4-7.
 */
import { type FloatContext, FloatFlag } from "../context.ts";
import { copyParts, isNan, Kind, type Parts } from "../core/parts.ts";

/** If `x` or `y` is a NaN, sets `r` and returns true. */
export function propagateNan(ctx: FloatContext, r: Parts, x: Parts, y: Parts): boolean {
  const xNan = isNan(x);
  if (!xNan && !isNan(y)) return false;
  const signalling = x.kind === Kind.signallingNan || y.kind === Kind.signallingNan;
  deliver(ctx, r, xNan ? x : y, signalling);
  return true;
}

/** Delivers the NaN `source` quieted, with IE if the operands had an SNaN among them. */
export function deliver(ctx: FloatContext, r: Parts, source: Parts, signalling: boolean): void {
  copyParts(r, source);
  r.kind = Kind.quietNan;
  if (!signalling) return;
  ctx.flags |= FloatFlag.IE;
  if ((ctx.masks & FloatFlag.IE) === 0) r.kind = Kind.none;
}
