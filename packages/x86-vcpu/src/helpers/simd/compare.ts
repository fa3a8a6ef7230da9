/** Comparisons, predicates, minima and maxima. Numbers that are neither denormal nor NaN raise nothing, whatever MXCSR says. */
import {
  CompareFlags,
  type FloatContext,
  f32Compare,
  f32Max,
  f32Min,
  f32Predicate,
  f64Compare,
  f64Max,
  f64Min,
  f64Predicate,
} from "x86-softfloat";
import { type Helper, HelperStatus } from "../../helper.ts";
import { begin, finish, isPlainF32, isPlainF64 } from "./environment.ts";
import { storeF32Lanes, storeF64Lanes, u32At, u64At } from "./lanes.ts";

const relate = (x: number, y: number): bigint =>
  x > y ? 0n : x < y ? BigInt(CompareFlags.less) : BigInt(CompareFlags.equal);

type Pick = (x: number, y: number) => boolean;
const less: Pick = (x, y) => x < y;
const greater: Pick = (x, y) => x > y;

/** Minimum or maximum: the first operand if `first` says so, else the second. */
const chooseF32 =
  (first: Pick, exact: (ctx: FloatContext, a: number, b: number) => number): Helper =>
  (cpu, a, b, _c, result) => {
    const x = cpu.view.getFloat32(a, true);
    const y = cpu.view.getFloat32(b, true);
    if (isPlainF32(x) && isPlainF32(y)) {
      cpu.u32[result >>> 2] = cpu.u32[(first(x, y) ? a : b) >>> 2]!;
      return HelperStatus.Continue;
    }
    return storeF32Lanes(cpu, result, 1, (ctx) => exact(ctx, u32At(cpu, a, 0), u32At(cpu, b, 0)));
  };

const chooseF64 =
  (first: Pick, exact: (ctx: FloatContext, a: bigint, b: bigint) => bigint): Helper =>
  (cpu, a, b, _c, result) => {
    const x = cpu.view.getFloat64(a, true);
    const y = cpu.view.getFloat64(b, true);
    if (isPlainF64(x) && isPlainF64(y)) {
      cpu.u64[result >>> 3] = cpu.u64[(first(x, y) ? a : b) >>> 3]!;
      return HelperStatus.Continue;
    }
    return storeF64Lanes(cpu, result, 1, (ctx) => exact(ctx, u64At(cpu, a, 0), u64At(cpu, b, 0)));
  };

const lanesF32 =
  (count: number, f: (ctx: FloatContext, a: number, b: number, lo: number) => number): Helper =>
  (cpu, a, b, _c, result, lo) =>
    storeF32Lanes(cpu, result, count, (ctx, i) => f(ctx, u32At(cpu, a, i), u32At(cpu, b, i), lo));

const lanesF64 =
  (count: number, f: (ctx: FloatContext, a: bigint, b: bigint, lo: number) => bigint): Helper =>
  (cpu, a, b, _c, result, lo) =>
    storeF64Lanes(cpu, result, count, (ctx, i) => f(ctx, u64At(cpu, a, i), u64At(cpu, b, i), lo));

const maskF32 = (ctx: FloatContext, a: number, b: number, predicate: number): number =>
  f32Predicate(ctx, predicate, a, b) ? 0xffff_ffff : 0;
const maskF64 = (ctx: FloatContext, a: bigint, b: bigint, predicate: number): bigint =>
  f64Predicate(ctx, predicate, a, b) ? 0xffff_ffff_ffff_ffffn : 0n;

const compareF32: Helper = (cpu, a, b, _c, result, quiet) => {
  const x = cpu.view.getFloat32(a, true);
  const y = cpu.view.getFloat32(b, true);
  if (isPlainF32(x) && isPlainF32(y)) {
    cpu.u64[result >>> 3] = relate(x, y);
    return HelperStatus.Continue;
  }
  const ctx = begin(cpu);
  const flags = f32Compare(ctx, u32At(cpu, a, 0), u32At(cpu, b, 0), quiet !== 0);
  const status = finish(cpu, ctx);
  if (status === HelperStatus.Continue) cpu.u64[result >>> 3] = BigInt(flags);
  return status;
};

const compareF64: Helper = (cpu, a, b, _c, result, quiet) => {
  const x = cpu.view.getFloat64(a, true);
  const y = cpu.view.getFloat64(b, true);
  if (isPlainF64(x) && isPlainF64(y)) {
    cpu.u64[result >>> 3] = relate(x, y);
    return HelperStatus.Continue;
  }
  const ctx = begin(cpu);
  const flags = f64Compare(ctx, u64At(cpu, a, 0), u64At(cpu, b, 0), quiet !== 0);
  const status = finish(cpu, ctx);
  if (status === HelperStatus.Continue) cpu.u64[result >>> 3] = BigInt(flags);
  return status;
};

export const compare = {
  minF32: chooseF32(less, f32Min),
  minF64: chooseF64(less, f64Min),
  minF32x4: lanesF32(4, f32Min),
  minF64x2: lanesF64(2, f64Min),
  maxF32: chooseF32(greater, f32Max),
  maxF64: chooseF64(greater, f64Max),
  maxF32x4: lanesF32(4, f32Max),
  maxF64x2: lanesF64(2, f64Max),
  cmpF32: lanesF32(1, maskF32),
  cmpF64: lanesF64(1, maskF64),
  cmpF32x4: lanesF32(4, maskF32),
  cmpF64x2: lanesF64(2, maskF64),
  compareF32,
  compareF64,
} as const satisfies Record<string, Helper>;
