/**
 * The environment of one floating-point instruction: control bits in, exception flags and condition bits out.
 *
 * Sources: Intel SDM vol. 1 §8.1 (x87 status and control words), §10.2.3 (MXCSR); AMD APM vol. 1 §4.2.2, §6.2.
 */
import { createParts, type Parts } from "./core/parts.ts";

/** Exception bits, at the positions they have in MXCSR and in the x87 status word. */
export const FloatFlag = {
  /** Invalid operation. */
  IE: 0x01,
  /** Denormal operand. */
  DE: 0x02,
  /** Division by zero. */
  ZE: 0x04,
  /** Overflow. */
  OE: 0x08,
  /** Underflow. */
  UE: 0x10,
  /** Precision (inexact). */
  PE: 0x20,
} as const;

/** Rounding control, numbered as in MXCSR.RC and FCW.RC. */
export const Rounding = { nearest: 0, down: 1, up: 2, zero: 3 } as const;
/** 0 nearest-even, 1 towards −∞, 2 towards +∞, 3 towards zero. */
export type RoundingMode = 0 | 1 | 2 | 3;

/** x87 condition bits, at the positions they have in the status word. */
export const Condition = { C0: 0x0100, C1: 0x0200, C2: 0x0400, C3: 0x4000 } as const;

/**
 * Control and result bits shared by all operations. Make one with {@link createFloatContext} and use it again and
 * again; it is not re-entrant (operations keep their scratch numbers in it).
 */
export interface FloatContext {
  /** Rounding control. */
  rounding: RoundingMode;
  /** x87 precision control in bits of significand: 24, 53 or 64. SSE operations ignore it. */
  precision: 24 | 53 | 64;
  /** Exception masks, `FloatFlag` positions: a set bit masks the exception. */
  masks: number;
  /** MXCSR.DAZ: SSE operations read denormal operands as zeros. */
  daz: boolean;
  /** MXCSR.FTZ: SSE operations deliver zero instead of a tiny result while underflow is masked. */
  ftz: boolean;
  /** Exceptions raised. Operations only ever set bits; clear it before each instruction. */
  flags: number;
  /**
   * x87 condition bits of the last 80-bit operation (`Condition` positions). Every 80-bit operation overwrites it:
   * with C1 = "the magnitude was rounded up", or with what its own description says.
   */
  conditions: number;
  /** Scratch of the operations; of no interest to callers. */
  readonly scratch: FloatScratch;
}

/** Working storage of one context. */
export interface FloatScratch {
  readonly x: Parts;
  readonly y: Parts;
  readonly z: Parts;
  readonly result: Parts;
  readonly f64: Float64Array;
  readonly f32: Float32Array;
  readonly u64: BigUint64Array;
  readonly u32: Uint32Array;
}

/** A context as after reset of the SSE unit and FNINIT: nearest-even, 64-bit precision, everything masked. */
export function createFloatContext(): FloatContext {
  const bytes = new ArrayBuffer(8);
  return {
    rounding: 0,
    precision: 64,
    masks: 0x3f,
    daz: false,
    ftz: false,
    flags: 0,
    conditions: 0,
    scratch: {
      x: createParts(),
      y: createParts(),
      z: createParts(),
      result: createParts(),
      f64: new Float64Array(bytes),
      f32: new Float32Array(bytes),
      u64: new BigUint64Array(bytes),
      u32: new Uint32Array(bytes),
    },
  };
}

/** Takes rounding, masks, DAZ and FTZ from an MXCSR value and clears `flags`. */
export function loadMxcsr(ctx: FloatContext, mxcsr: number): void {
  ctx.rounding = ((mxcsr >>> 13) & 3) as RoundingMode;
  ctx.masks = (mxcsr >>> 7) & 0x3f;
  ctx.daz = (mxcsr & 0x0040) !== 0;
  ctx.ftz = (mxcsr & 0x8000) !== 0;
  ctx.flags = 0;
}

/**
 * Takes rounding, precision and masks from an x87 control word and clears `flags` and `conditions`. The reserved
 * precision value 01 works as 64 bits.
 */
export function loadControlWord(ctx: FloatContext, fcw: number): void {
  const pc = (fcw >>> 8) & 3;
  ctx.rounding = ((fcw >>> 10) & 3) as RoundingMode;
  ctx.precision = pc === 0 ? 24 : pc === 2 ? 53 : 64;
  ctx.masks = fcw & 0x3f;
  ctx.flags = 0;
  ctx.conditions = 0;
}

/** The raised exceptions that are not masked; 0 when the instruction completes normally. */
export function unmaskedExceptions(ctx: FloatContext): number {
  return ctx.flags & ~ctx.masks & 0x3f;
}

/**
 * Closes a packed SSE instruction after its last lane: when some lane raised an unmasked IE, DE or ZE, no lane has
 * got as far as rounding, so OE, UE and PE of the other lanes are dropped (SDM vol. 1 §11.5.3).
 * Returns the unmasked exceptions; the destination is to be written only if they are 0.
 */
export function closePacked(ctx: FloatContext): number {
  if ((ctx.flags & ~ctx.masks & 7) !== 0) ctx.flags &= 7;
  return unmaskedExceptions(ctx);
}
