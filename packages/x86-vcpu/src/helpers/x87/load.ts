/** FLD, FILD, FBLD and the constants. */
import {
  bcdToF80,
  createF80,
  type F80,
  F80_CONSTANTS,
  type FloatContext,
  FloatFlag,
  f32ToF80,
  f64ToF80,
  f80Constant,
  i32ToF80,
  i64ToF80,
} from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { type Helper, HelperStatus } from "../../helper.ts";
import {
  begin,
  finish,
  isEmpty,
  mayWrite,
  push,
  readStack,
  recordOperand,
  setIndefinite,
  stackFault,
} from "./register-stack.ts";

const value = createF80();

/** Pushes what `produce` leaves in `value`. */
function load(cpu: Cpu, produce: (ctx: FloatContext, out: F80) => void, ea: number, segment: number): HelperStatus {
  const ctx = begin(cpu);
  if (ctx === undefined) return HelperStatus.Fault;
  if (ea !== 0) recordOperand(cpu, ea, segment);
  if (!isEmpty(cpu, 7)) {
    if (stackFault(cpu, ctx, true)) {
      setIndefinite(value);
      push(cpu, value);
    }
    return finish(cpu, ctx);
  }
  // An unmasked DE is reported but loads all the same; only an SNaN's IE keeps the number out.
  const { masks } = ctx;
  ctx.masks |= FloatFlag.DE;
  produce(ctx, value);
  if (mayWrite(ctx)) push(cpu, value);
  ctx.masks = masks;
  return finish(cpu, ctx);
}

const signed16 = (cpu: Cpu, at: number): number => (cpu.u16[at >>> 1]! << 16) >> 16;

export const loads = {
  x87LoadF32: (cpu, a, ea, _c, _r, _lo, segment) =>
    load(cpu, (ctx, out) => f32ToF80(ctx, out, cpu.u32[a >>> 2]!), ea, segment),
  x87LoadF64: (cpu, a, ea, _c, _r, _lo, segment) =>
    load(cpu, (ctx, out) => f64ToF80(ctx, out, cpu.u64[a >>> 3]!), ea, segment),
  x87LoadF80: (cpu, a, b, ea, _r, _lo, segment) =>
    load(
      cpu,
      (ctx, out) => {
        out.low = cpu.u32[a >>> 2]!;
        out.high = cpu.u32[(a >>> 2) + 1]!;
        out.signExponent = cpu.u16[b >>> 1]!;
        ctx.conditions = 0;
      },
      ea,
      segment,
    ),
  x87LoadI16: (cpu, a, ea, _c, _r, _lo, segment) =>
    load(cpu, (ctx, out) => i32ToF80(ctx, out, signed16(cpu, a)), ea, segment),
  x87LoadI32: (cpu, a, ea, _c, _r, _lo, segment) =>
    load(cpu, (ctx, out) => i32ToF80(ctx, out, cpu.i32[a >>> 2]!), ea, segment),
  x87LoadI64: (cpu, a, ea, _c, _r, _lo, segment) =>
    load(cpu, (ctx, out) => i64ToF80(ctx, out, BigInt.asIntN(64, cpu.u64[a >>> 3]!)), ea, segment),
  x87LoadBcd: (cpu, a, b, ea, _r, _lo, segment) =>
    load(
      cpu,
      (ctx, out) => bcdToF80(ctx, out, Uint8Array.of(...cpu.u8.subarray(a, a + 8), cpu.u8[b]!, cpu.u8[b + 1]!)),
      ea,
      segment,
    ),
  x87LoadConstant: (cpu, _a, _b, _c, _r, index) =>
    load(cpu, (ctx, out) => f80Constant(ctx, out, F80_CONSTANTS[index]!), 0, 0),
  x87LoadStack: (cpu, _a, _b, _c, _r, i) => {
    // An empty source beats a full stack.
    if (!isEmpty(cpu, i)) return load(cpu, (_ctx, out) => readStack(cpu, i, out), 0, 0);
    const ctx = begin(cpu);
    if (ctx === undefined) return HelperStatus.Fault;
    if (stackFault(cpu, ctx, false)) {
      setIndefinite(value);
      push(cpu, value);
    }
    return finish(cpu, ctx);
  },
} as const satisfies Record<string, Helper>;
