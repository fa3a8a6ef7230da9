/**
 * MXCSR around a floating-point helper: rounding and masks in, sticky flags and #XM out.
 *
 * Source: Intel SDM vol. 1 §10.2.3 (MXCSR), §11.5 (SIMD floating-point exceptions).
 */
import { Vector } from "x86-lift";
import { closePacked, createFloatContext, type FloatContext, loadMxcsr } from "x86-softfloat";
import { Cr4 } from "../../control-bits.ts";
import type { Cpu } from "../../cpu.ts";
import { HelperStatus } from "../../helper.ts";
import { StateOffset } from "../../state-layout.ts";

/** Scratch of one call: `begin` fills it, nothing of it is read afterwards. */
const context = createFloatContext();

/** The context of an instruction that starts now. */
export function begin(cpu: Cpu): FloatContext {
  loadMxcsr(context, cpu.get32(StateOffset.mxcsr));
  return context;
}

/**
 * Closes the instruction: flags become sticky; an unmasked one raises #XM, or #UD while CR4.OSXMMEXCPT is clear.
 * Results may be stored only after Continue.
 */
export function finish(cpu: Cpu, ctx: FloatContext): HelperStatus {
  const unmasked = closePacked(ctx);
  if (ctx.flags !== 0) cpu.set32(StateOffset.mxcsr, cpu.get32(StateOffset.mxcsr) | ctx.flags);
  if (unmasked === 0) return HelperStatus.Continue;
  return cpu.raise((cpu.cr4 & Cr4.OSXMMEXCPT) !== 0 ? Vector.XM : Vector.UD);
}

/**
 * May the host's own arithmetic stand for the processor's? Nearest rounding, everything masked, neither DAZ nor FTZ,
 * and PE already sticky, so that an inexact result changes no flag. Operands and result must be {@link isPlain} too.
 */
export function isDefaultMxcsr(cpu: Cpu): boolean {
  return (cpu.get32(StateOffset.mxcsr) & 0xffe0) === 0x1fa0;
}

/** The same for operations that are always exact: PE does not matter. */
export function isDefaultExceptPrecision(cpu: Cpu): boolean {
  return (cpu.get32(StateOffset.mxcsr) & 0xffc0) === 0x1f80;
}

export const F64_MIN_NORMAL = 2 ** -1022;
export const F32_MIN_NORMAL = 2 ** -126;

/** Zero or normal: no denormal, no NaN, no infinity. */
export const isPlainF64 = (x: number): boolean => x === 0 || (Math.abs(x) >= F64_MIN_NORMAL && Math.abs(x) < Infinity);
export const isPlainF32 = (x: number): boolean => x === 0 || (Math.abs(x) >= F32_MIN_NORMAL && Math.abs(x) < Infinity);
