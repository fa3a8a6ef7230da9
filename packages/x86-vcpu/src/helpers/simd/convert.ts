/** Conversions between integers, binary32 and binary64. `lo` = 1 truncates whatever MXCSR says. */
import {
  type FloatContext,
  f32ToF64,
  f32ToI32,
  f32ToI32Truncate,
  f32ToI64,
  f32ToI64Truncate,
  f64ToF32,
  f64ToI32,
  f64ToI32Truncate,
  f64ToI64,
  f64ToI64Truncate,
  i32ToF32,
  i64ToF32,
  i64ToF64,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import { isDefaultExceptPrecision, isDefaultMxcsr } from "./environment.ts";
import { storeF32Lanes, storeF64Lanes, u32At, u64At } from "./lanes.ts";

const i32At = (cpu: Cpu, at: number, lane: number): number => cpu.i32[(at >>> 2) + lane]!;

const f32Integer = (ctx: FloatContext, a: number, truncate: number): number =>
  (truncate !== 0 ? f32ToI32Truncate(ctx, a) : f32ToI32(ctx, a)) >>> 0;
const f64Integer = (ctx: FloatContext, a: bigint, truncate: number): number =>
  (truncate !== 0 ? f64ToI32Truncate(ctx, a) : f64ToI32(ctx, a)) >>> 0;
const f32Wide = (ctx: FloatContext, a: number, truncate: number): bigint =>
  BigInt.asUintN(64, truncate !== 0 ? f32ToI64Truncate(ctx, a) : f32ToI64(ctx, a));
const f64Wide = (ctx: FloatContext, a: bigint, truncate: number): bigint =>
  BigInt.asUintN(64, truncate !== 0 ? f64ToI64Truncate(ctx, a) : f64ToI64(ctx, a));

/**
 * The integer that x converts to, if nothing but PE can happen and that changes nothing: x is integral, or is truncated
 * while PE is sticky and masked. NaN otherwise.
 */
function easyInteger(cpu: Cpu, x: number, truncate: number): number {
  const integer = Math.trunc(x);
  return integer === x || (truncate !== 0 && Math.abs(x) >= 1 && isDefaultMxcsr(cpu)) ? integer : Number.NaN;
}

/** Stores an integer below 2^53 as i64. */
function storeI64(cpu: Cpu, result: number, integer: number): void {
  const high = Math.floor(integer / 0x1_0000_0000);
  cpu.i32[(result >>> 2) + 1] = high;
  cpu.u32[result >>> 2] = integer - high * 0x1_0000_0000;
}

const i32x2ToF64x2: Helper = (cpu, a, _b, _c, result) => {
  const low = i32At(cpu, a, 0);
  const high = i32At(cpu, a, 1);
  cpu.view.setFloat64(result, low, true);
  cpu.view.setFloat64(result + 8, high, true);
  return HelperStatus.Continue;
};

export const convert = {
  f32ToF64: (cpu, a, _b, _c, result) => {
    const x = cpu.view.getFloat32(a, true);
    // Above 2^-126 a binary32 is normal: exact, no flags.
    if (Math.abs(x) >= 2 ** -126 && Math.abs(x) < Infinity) {
      cpu.view.setFloat64(result, x, true);
      return HelperStatus.Continue;
    }
    return storeF64Lanes(cpu, result, 1, (ctx) => f32ToF64(ctx, u32At(cpu, a, 0)));
  },
  f64ToF32: (cpu, a, _b, _c, result) => {
    const x = cpu.view.getFloat64(a, true);
    const rounded = Math.fround(x);
    if (rounded === x && Math.abs(x) >= 2 ** -126 && Math.abs(x) < Infinity) {
      cpu.view.setFloat32(result, rounded, true);
      return HelperStatus.Continue;
    }
    return storeF32Lanes(cpu, result, 1, (ctx) => f64ToF32(ctx, u64At(cpu, a, 0)));
  },
  f32ToI32: (cpu, a, _b, _c, result, lo) => {
    const x = cpu.view.getFloat32(a, true);
    const integer = easyInteger(cpu, x, lo);
    if (Math.abs(integer) < 0x8000_0000) {
      cpu.i32[result >>> 2] = integer;
      return HelperStatus.Continue;
    }
    return storeF32Lanes(cpu, result, 1, (ctx) => f32Integer(ctx, u32At(cpu, a, 0), lo));
  },
  f32ToI64: (cpu, a, _b, _c, result, lo) => {
    const integer = easyInteger(cpu, cpu.view.getFloat32(a, true), lo);
    if (Math.abs(integer) < 2 ** 53) {
      storeI64(cpu, result, integer);
      return HelperStatus.Continue;
    }
    return storeF64Lanes(cpu, result, 1, (ctx) => f32Wide(ctx, u32At(cpu, a, 0), lo));
  },
  f64ToI32: (cpu, a, _b, _c, result, lo) => {
    const x = cpu.view.getFloat64(a, true);
    const integer = easyInteger(cpu, x, lo);
    if (Math.abs(integer) < 0x8000_0000) {
      cpu.i32[result >>> 2] = integer;
      return HelperStatus.Continue;
    }
    return storeF32Lanes(cpu, result, 1, (ctx) => f64Integer(ctx, u64At(cpu, a, 0), lo));
  },
  f64ToI64: (cpu, a, _b, _c, result, lo) => {
    const integer = easyInteger(cpu, cpu.view.getFloat64(a, true), lo);
    if (Math.abs(integer) < 2 ** 53) {
      storeI64(cpu, result, integer);
      return HelperStatus.Continue;
    }
    return storeF64Lanes(cpu, result, 1, (ctx) => f64Wide(ctx, u64At(cpu, a, 0), lo));
  },
  i32ToF32: (cpu, a, _b, _c, result) => {
    const x = i32At(cpu, a, 0);
    if (isDefaultExceptPrecision(cpu) && Math.fround(x) === x) {
      cpu.view.setFloat32(result, x, true);
      return HelperStatus.Continue;
    }
    return storeF32Lanes(cpu, result, 1, (ctx) => i32ToF32(ctx, x));
  },
  i64ToF32: (cpu, a, _b, _c, result) =>
    storeF32Lanes(cpu, result, 1, (ctx) => i64ToF32(ctx, BigInt.asIntN(64, u64At(cpu, a, 0)))),
  i32ToF64: (cpu, a, _b, _c, result) => {
    cpu.view.setFloat64(result, i32At(cpu, a, 0), true);
    return HelperStatus.Continue;
  },
  i64ToF64: (cpu, a, _b, _c, result) => {
    const high = i32At(cpu, a, 1);
    // Below 2^53 every integer is a double.
    if (high >= -0x20_0000 && high < 0x20_0000) {
      cpu.view.setFloat64(result, high * 0x1_0000_0000 + u32At(cpu, a, 0), true);
      return HelperStatus.Continue;
    }
    return storeF64Lanes(cpu, result, 1, (ctx) => i64ToF64(ctx, BigInt.asIntN(64, u64At(cpu, a, 0))));
  },
  f32x4ToI32x4: (cpu, a, _b, _c, result, lo) =>
    storeF32Lanes(cpu, result, 4, (ctx, i) => f32Integer(ctx, u32At(cpu, a, i), lo)),
  i32x4ToF32x4: (cpu, a, _b, _c, result) => storeF32Lanes(cpu, result, 4, (ctx, i) => i32ToF32(ctx, i32At(cpu, a, i))),
  f32x2ToI32x2: (cpu, a, _b, _c, result, lo) =>
    storeF32Lanes(cpu, result, 2, (ctx, i) => f32Integer(ctx, u32At(cpu, a, i), lo)),
  i32x2ToF32x2: (cpu, a, _b, _c, result) => storeF32Lanes(cpu, result, 2, (ctx, i) => i32ToF32(ctx, i32At(cpu, a, i))),
  f64x2ToI32x2: (cpu, a, _b, _c, result, lo) =>
    storeF32Lanes(cpu, result, 2, (ctx, i) => f64Integer(ctx, u64At(cpu, a, i), lo)),
  i32x2ToF64x2,
  f32x2ToF64x2: (cpu, a, _b, _c, result) => storeF64Lanes(cpu, result, 2, (ctx, i) => f32ToF64(ctx, u32At(cpu, a, i))),
  f64x2ToF32x2: (cpu, a, _b, _c, result) => storeF32Lanes(cpu, result, 2, (ctx, i) => f64ToF32(ctx, u64At(cpu, a, i))),
} as const satisfies Record<string, Helper>;
