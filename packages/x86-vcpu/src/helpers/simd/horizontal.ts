/** Rounding to integral values, and operations across lanes. */
import {
  closePacked,
  type FloatContext,
  f32Add,
  f32Mul,
  f32RoundToIntegral,
  f32Sub,
  f64Add,
  f64Mul,
  f64RoundToIntegral,
  f64Sub,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import type { Helper } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";
import { storeF32Lanes, storeF64Lanes, u32At, u64At } from "./lanes.ts";

type F32Operation = (ctx: FloatContext, a: number, b: number) => number;
type F64Operation = (ctx: FloatContext, a: bigint, b: bigint) => bigint;

const pairsF32 =
  (f: F32Operation): Helper =>
  (cpu, a, b, _c, result) =>
    storeF32Lanes(cpu, result, 4, (ctx, i) => {
      const from = i < 2 ? a : b;
      return f(ctx, u32At(cpu, from, (i & 1) * 2), u32At(cpu, from, (i & 1) * 2 + 1));
    });

const pairsF64 =
  (f: F64Operation): Helper =>
  (cpu, a, b, _c, result) =>
    storeF64Lanes(cpu, result, 2, (ctx, i) => f(ctx, u64At(cpu, i === 0 ? a : b, 0), u64At(cpu, i === 0 ? a : b, 1)));

/** A step is done without an unmasked exception: its flags stay, whatever the next one raises. False: it is not. */
function closeStep(cpu: Cpu, ctx: FloatContext): boolean {
  if (closePacked(ctx) !== 0) return false;
  cpu.set32(StateOffset.mxcsr, cpu.get32(StateOffset.mxcsr) | ctx.flags);
  ctx.flags = 0;
  return true;
}

/**
 * DPPS: products that imm8[7:4] selects (others are +0 and raise nothing), summed as (p0 + p1) + (p2 + p3), delivered
 * where imm8[3:0] says. An unmasked exception of one step keeps the next from happening.
 */
const dotF32x4: Helper = (cpu, a, b, _c, result, imm) => {
  let sum = 0;
  return storeF32Lanes(cpu, result, 4, (ctx, i) => {
    if (i === 0) {
      const p = [0, 1, 2, 3].map((n) =>
        ((imm >> (4 + n)) & 1) !== 0 ? f32Mul(ctx, u32At(cpu, a, n), u32At(cpu, b, n)) : 0,
      );
      if (closeStep(cpu, ctx)) {
        const low = f32Add(ctx, p[0]!, p[1]!);
        const high = f32Add(ctx, p[2]!, p[3]!);
        if (closeStep(cpu, ctx)) sum = f32Add(ctx, low, high);
      }
    }
    return ((imm >> i) & 1) !== 0 ? sum : 0;
  });
};

const dotF64x2: Helper = (cpu, a, b, _c, result, imm) => {
  let sum = 0n;
  return storeF64Lanes(cpu, result, 2, (ctx, i) => {
    if (i === 0) {
      const p = [0, 1].map((n) =>
        ((imm >> (4 + n)) & 1) !== 0 ? f64Mul(ctx, u64At(cpu, a, n), u64At(cpu, b, n)) : 0n,
      );
      if (closeStep(cpu, ctx)) sum = f64Add(ctx, p[0]!, p[1]!);
    }
    return ((imm >> i) & 1) !== 0 ? sum : 0n;
  });
};

const roundF32 =
  (count: number): Helper =>
  (cpu, a, _b, _c, result, imm) =>
    storeF32Lanes(cpu, result, count, (ctx, i) => f32RoundToIntegral(ctx, u32At(cpu, a, i), imm & 15));

const roundF64 =
  (count: number): Helper =>
  (cpu, a, _b, _c, result, imm) =>
    storeF64Lanes(cpu, result, count, (ctx, i) => f64RoundToIntegral(ctx, u64At(cpu, a, i), imm & 15));

export const horizontal = {
  roundF32: roundF32(1),
  roundF64: roundF64(1),
  roundF32x4: roundF32(4),
  roundF64x2: roundF64(2),
  addPairsF32x4: pairsF32(f32Add),
  addPairsF64x2: pairsF64(f64Add),
  subPairsF32x4: pairsF32(f32Sub),
  subPairsF64x2: pairsF64(f64Sub),
  addSubF32x4: (cpu, a, b, _c, result) =>
    storeF32Lanes(cpu, result, 4, (ctx, i) => (i & 1 ? f32Add : f32Sub)(ctx, u32At(cpu, a, i), u32At(cpu, b, i))),
  addSubF64x2: (cpu, a, b, _c, result) =>
    storeF64Lanes(cpu, result, 2, (ctx, i) => (i === 1 ? f64Add : f64Sub)(ctx, u64At(cpu, a, i), u64At(cpu, b, i))),
  dotF32x4,
  dotF64x2,
} as const satisfies Record<string, Helper>;
