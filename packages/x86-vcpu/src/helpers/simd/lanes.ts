/** Packed helpers from functions on one lane, without a fast path: nothing is stored before every lane is known to be fine. */
import type { FloatContext } from "x86-softfloat";
import type { Cpu } from "../../cpu.ts";
import { HelperStatus } from "../../helper.ts";
import { begin, finish } from "./environment.ts";

/** `lane(ctx, i)` gives the bits of result lane i, u32. */
export function storeF32Lanes(
  cpu: Cpu,
  result: number,
  count: number,
  lane: (ctx: FloatContext, i: number) => number,
): HelperStatus {
  const ctx = begin(cpu);
  const r0 = lane(ctx, 0);
  const r1 = count > 1 ? lane(ctx, 1) : 0;
  const r2 = count > 2 ? lane(ctx, 2) : 0;
  const r3 = count > 2 ? lane(ctx, 3) : 0;
  const status = finish(cpu, ctx);
  if (status !== HelperStatus.Continue) return status;
  const at = result >>> 2;
  cpu.u32[at] = r0;
  if (count > 1) cpu.u32[at + 1] = r1;
  if (count > 2) {
    cpu.u32[at + 2] = r2;
    cpu.u32[at + 3] = r3;
  }
  return status;
}

/** `lane(ctx, i)` gives the bits of result lane i, u64. */
export function storeF64Lanes(
  cpu: Cpu,
  result: number,
  count: number,
  lane: (ctx: FloatContext, i: number) => bigint,
): HelperStatus {
  const ctx = begin(cpu);
  const r0 = lane(ctx, 0);
  const r1 = count > 1 ? lane(ctx, 1) : 0n;
  const status = finish(cpu, ctx);
  if (status !== HelperStatus.Continue) return status;
  cpu.u64[result >>> 3] = r0;
  if (count > 1) cpu.u64[(result >>> 3) + 1] = r1;
  return status;
}

export const u32At = (cpu: Cpu, at: number, lane: number): number => cpu.u32[(at >>> 2) + lane]!;
export const u64At = (cpu: Cpu, at: number, lane: number): bigint => cpu.u64[(at >>> 3) + lane]!;
