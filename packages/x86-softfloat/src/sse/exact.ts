/** The exact path of SSE arithmetic: take apart, operate, round, put together. */
import type { FloatContext } from "../context.ts";
import { Kind, type Parts } from "../core/parts.ts";
import { F32, F64, type Format, OutOfRange, roundParts } from "../core/round.ts";
import { packF32, packF64, unpackF32, unpackF64 } from "../core/small-formats.ts";
import { deliver, propagateNan } from "./nan.ts";

/** `addParts` and its kin. */
export type BinaryOperation = (ctx: FloatContext, r: Parts, x: Parts, y: Parts) => void;

/** Rounds the result in the scratch into `format` with SSE's rules. */
export function roundSse(ctx: FloatContext, format: Format): Parts {
  const { result } = ctx.scratch;
  roundParts(ctx, result, format.precision, format.minExponent, format.maxExponent, OutOfRange.sse);
  return result;
}

export function binaryF32(ctx: FloatContext, a: number, b: number, operation: BinaryOperation): number {
  const { x, y, result } = ctx.scratch;
  unpackF32(x, a, ctx.daz);
  unpackF32(y, b, ctx.daz);
  if (!propagateNan(ctx, result, x, y)) operation(ctx, result, x, y);
  return packF32(roundSse(ctx, F32));
}

export function binaryF64(ctx: FloatContext, a: bigint, b: bigint, operation: BinaryOperation): bigint {
  const { x, y, result } = ctx.scratch;
  unpackF64(ctx, x, a, ctx.daz);
  unpackF64(ctx, y, b, ctx.daz);
  if (!propagateNan(ctx, result, x, y)) operation(ctx, result, x, y);
  return packF64(ctx, roundSse(ctx, F64));
}

/** `squareRootParts` and its kin. */
export type UnaryOperation = (ctx: FloatContext, r: Parts, x: Parts) => void;

export function unaryF32(ctx: FloatContext, a: number, operation: UnaryOperation): number {
  const { x, result } = ctx.scratch;
  unpackF32(x, a, ctx.daz);
  if (!propagateNan(ctx, result, x, x)) operation(ctx, result, x);
  return packF32(roundSse(ctx, F32));
}

export function unaryF64(ctx: FloatContext, a: bigint, operation: UnaryOperation): bigint {
  const { x, result } = ctx.scratch;
  unpackF64(ctx, x, a, ctx.daz);
  if (!propagateNan(ctx, result, x, x)) operation(ctx, result, x);
  return packF64(ctx, roundSse(ctx, F64));
}

/** If an operand of x × y + z is a NaN, sets the result (the first NaN in this order) and returns true. */
export function propagateFusedNan(ctx: FloatContext): boolean {
  const { x, y, z, result } = ctx.scratch;
  const first = x.kind >= Kind.quietNan ? x : y.kind >= Kind.quietNan ? y : z;
  if (first.kind < Kind.quietNan) return false;
  const signalling = x.kind === Kind.signallingNan || y.kind === Kind.signallingNan || z.kind === Kind.signallingNan;
  deliver(ctx, result, first, signalling);
  return true;
}
