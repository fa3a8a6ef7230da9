/**
 * Addition, subtraction, multiplication, division and square roots, scalar and packed.
 *
 * Fast path: a double operation of JavaScript is the processor's under default MXCSR, and for binary32 rounding the
 * double result once more is harmless (53 ≥ 2 · 24 + 2; Figueroa 1995) as long as neither rounding meets a denormal.
 */
import {
  type FloatContext,
  f32Add,
  f32Div,
  f32Mul,
  f32Sqrt,
  f32Sub,
  f64Add,
  f64Div,
  f64Mul,
  f64Sqrt,
  f64Sub,
} from "x86-softfloat";
import { type Helper, HelperStatus } from "../../helper.ts";
import {
  begin,
  F32_MIN_NORMAL,
  F64_MIN_NORMAL,
  finish,
  isDefaultMxcsr,
  isPlainF32,
  isPlainF64,
} from "./environment.ts";

type NumberOperation = (x: number, y: number) => number;
type F32Operation = (ctx: FloatContext, a: number, b: number) => number;
type F64Operation = (ctx: FloatContext, a: bigint, b: bigint) => bigint;

const plus: NumberOperation = (x, y) => x + y;
const minus: NumberOperation = (x, y) => x - y;
const times: NumberOperation = (x, y) => x * y;
const over: NumberOperation = (x, y) => x / y;

/** A result above the smallest normal number is neither tiny nor, if finite, an overflow. Zero and NaN take the long way. */
const isSafeF64 = (r: number): boolean => Math.abs(r) > F64_MIN_NORMAL && Math.abs(r) < Infinity;
const isSafeF32 = (r: number): boolean => Math.abs(r) > F32_MIN_NORMAL && Math.abs(r) < Infinity;

const scalarF64 =
  (fast: NumberOperation, exact: F64Operation): Helper =>
  (cpu, a, b, _c, result) => {
    if (isDefaultMxcsr(cpu)) {
      const x = cpu.view.getFloat64(a, true);
      const y = cpu.view.getFloat64(b, true);
      const r = fast(x, y);
      if (isSafeF64(r) && isPlainF64(x) && isPlainF64(y)) {
        cpu.view.setFloat64(result, r, true);
        return HelperStatus.Continue;
      }
    }
    const ctx = begin(cpu);
    const value = exact(ctx, cpu.u64[a >>> 3]!, cpu.u64[b >>> 3]!);
    const status = finish(cpu, ctx);
    if (status === HelperStatus.Continue) cpu.u64[result >>> 3] = value;
    return status;
  };

const scalarF32 =
  (fast: NumberOperation, exact: F32Operation): Helper =>
  (cpu, a, b, _c, result) => {
    if (isDefaultMxcsr(cpu)) {
      const x = cpu.view.getFloat32(a, true);
      const y = cpu.view.getFloat32(b, true);
      const r = Math.fround(fast(x, y));
      if (isSafeF32(r) && isPlainF32(x) && isPlainF32(y)) {
        cpu.view.setFloat32(result, r, true);
        return HelperStatus.Continue;
      }
    }
    const ctx = begin(cpu);
    const value = exact(ctx, cpu.u32[a >>> 2]!, cpu.u32[b >>> 2]!);
    const status = finish(cpu, ctx);
    if (status === HelperStatus.Continue) cpu.u32[result >>> 2] = value;
    return status;
  };

const packedF64 =
  (fast: NumberOperation, exact: F64Operation): Helper =>
  (cpu, a, b, _c, result) => {
    if (isDefaultMxcsr(cpu)) {
      const { view } = cpu;
      const x0 = view.getFloat64(a, true);
      const x1 = view.getFloat64(a + 8, true);
      const y0 = view.getFloat64(b, true);
      const y1 = view.getFloat64(b + 8, true);
      const r0 = fast(x0, y0);
      const r1 = fast(x1, y1);
      const plain = isPlainF64(x0) && isPlainF64(x1) && isPlainF64(y0) && isPlainF64(y1);
      if (plain && isSafeF64(r0) && isSafeF64(r1)) {
        view.setFloat64(result, r0, true);
        view.setFloat64(result + 8, r1, true);
        return HelperStatus.Continue;
      }
    }
    const { u64 } = cpu;
    const ctx = begin(cpu);
    const r0 = exact(ctx, u64[a >>> 3]!, u64[b >>> 3]!);
    const r1 = exact(ctx, u64[(a >>> 3) + 1]!, u64[(b >>> 3) + 1]!);
    const status = finish(cpu, ctx);
    if (status === HelperStatus.Continue) {
      u64[result >>> 3] = r0;
      u64[(result >>> 3) + 1] = r1;
    }
    return status;
  };

const packedF32 =
  (fast: NumberOperation, exact: F32Operation): Helper =>
  (cpu, a, b, _c, result) => {
    const { u32, view } = cpu;
    if (isDefaultMxcsr(cpu)) {
      let safe = true;
      const r = [0, 0, 0, 0];
      for (let i = 0; i < 4 && safe; i++) {
        const x = view.getFloat32(a + 4 * i, true);
        const y = view.getFloat32(b + 4 * i, true);
        const value = Math.fround(fast(x, y));
        safe = isSafeF32(value) && isPlainF32(x) && isPlainF32(y);
        r[i] = value;
      }
      if (safe) {
        for (let i = 0; i < 4; i++) view.setFloat32(result + 4 * i, r[i]!, true);
        return HelperStatus.Continue;
      }
    }
    const ctx = begin(cpu);
    const x = a >>> 2;
    const y = b >>> 2;
    const r0 = exact(ctx, u32[x]!, u32[y]!);
    const r1 = exact(ctx, u32[x + 1]!, u32[y + 1]!);
    const r2 = exact(ctx, u32[x + 2]!, u32[y + 2]!);
    const r3 = exact(ctx, u32[x + 3]!, u32[y + 3]!);
    const status = finish(cpu, ctx);
    if (status === HelperStatus.Continue) {
      const r = result >>> 2;
      u32[r] = r0;
      u32[r + 1] = r1;
      u32[r + 2] = r2;
      u32[r + 3] = r3;
    }
    return status;
  };

const root: NumberOperation = (x) => Math.sqrt(x);
const rootF32: F32Operation = (ctx, a) => f32Sqrt(ctx, a);
const rootF64: F64Operation = (ctx, a) => f64Sqrt(ctx, a);
/** Square roots have one operand: it serves as the second one too. */
const ofOne =
  (helper: Helper): Helper =>
  (cpu, a, _b, c, result, lo, hi) =>
    helper(cpu, a, a, c, result, lo, hi);

export const arithmetic = {
  addF32: scalarF32(plus, f32Add),
  addF64: scalarF64(plus, f64Add),
  addF32x4: packedF32(plus, f32Add),
  addF64x2: packedF64(plus, f64Add),
  subF32: scalarF32(minus, f32Sub),
  subF64: scalarF64(minus, f64Sub),
  subF32x4: packedF32(minus, f32Sub),
  subF64x2: packedF64(minus, f64Sub),
  mulF32: scalarF32(times, f32Mul),
  mulF64: scalarF64(times, f64Mul),
  mulF32x4: packedF32(times, f32Mul),
  mulF64x2: packedF64(times, f64Mul),
  divF32: scalarF32(over, f32Div),
  divF64: scalarF64(over, f64Div),
  divF32x4: packedF32(over, f32Div),
  divF64x2: packedF64(over, f64Div),
  sqrtF32: ofOne(scalarF32(root, rootF32)),
  sqrtF64: ofOne(scalarF64(root, rootF64)),
  sqrtF32x4: ofOne(packedF32(root, rootF32)),
  sqrtF64x2: ofOne(packedF64(root, rootF64)),
} as const satisfies Record<string, Helper>;
