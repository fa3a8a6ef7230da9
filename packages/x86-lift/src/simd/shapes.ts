/**
 * The operand patterns that most SSE and MMX instructions share. Each function writes a whole instruction.
 *
 * A 128-bit memory operand of a legacy SSE instruction must be aligned (SDM vol. 1 §11.6.10); narrower ones need not be.
 * MMX instructions work on the low half of the same lane-wise operations.
 */
import { OpKind, Register } from "x86-decode";
import type { Builder, Val } from "../builder.ts";
import type { HelperName } from "../helpers.ts";
import { Flag, type IrWidth, MemoryFlag } from "../ir.ts";
import { requireMmx, requireSse } from "./availability.ts";
import type { SimdOpName } from "./ops.ts";

export function isXmm(b: Builder, i: number): boolean {
  const register = b.insn.opReg(i);
  return b.insn.opKind(i) === OpKind.Register && register >= Register.XMM0 && register <= Register.XMM31;
}

export function isMm(b: Builder, i: number): boolean {
  const register = b.insn.opReg(i);
  return b.insn.opKind(i) === OpKind.Register && register >= Register.MM0 && register <= Register.MM7;
}

export function isMemory(b: Builder, i: number): boolean {
  return b.insn.opKind(i) === OpKind.Memory;
}

/** Number of the XMM register that operand i names. */
export function xmmNumber(b: Builder, i: number): number {
  return b.insn.opReg(i) - Register.XMM0;
}

/** The immediate byte, 0–255. */
export function immediate8(b: Builder): number {
  return b.insn.immLow & 0xff;
}

/** 128 zero bits. */
export function zeroVector(b: Builder): Val {
  return b.zext(128, b.const(64, 0));
}

/** Operand i as 128 bits: a register, or memory that must be aligned. */
export function readVector(b: Builder, i: number): Val {
  return b.read(i, 128, MemoryFlag.Aligned);
}

/**
 * Operand i of an MMX instruction. A pending x87 exception comes first, then the load's faults, then the change of the
 * x87 state (SDM vol. 1 §9.5), so that a fault leaves nothing done.
 */
export function readMmx(b: Builder, i: number, width: 32 | 64 = 64): Val {
  if (!isMemory(b, i)) {
    b.helper("mmxEnter");
    return b.read(i, width);
  }
  b.helper("x87Wait");
  const value = b.read(i, width);
  b.helper("mmxEnter");
  return value;
}

/** How the MMX form of an operation follows from the 128-bit one. */
export type MmxShape =
  /** The low half of the result on zero-extended operands. */
  | "low"
  /** The high half of the result (PUNPCKH… from unpack_low). */
  | "high"
  /** The low half of the result on `src:dst` joined, as both operands (packs and sums of pairs). */
  | "joined";

/** dst = op(dst, src), 64 bits, in MMX registers. */
export function mmxBinary(b: Builder, op: SimdOpName, feature: string, shape: MmxShape, imm: number): void {
  if (!requireMmx(b, feature)) return;
  const source = b.zext(128, readMmx(b, 1));
  const destination = b.zext(128, b.read(0, 64));
  if (shape === "joined") {
    const both = b.simd("i64x2.unpack_low", destination, source);
    b.write(0, b.trunc(64, b.simd(op, both, both, undefined, imm)));
  } else {
    const result = b.simd(op, destination, source, undefined, imm);
    b.write(0, shape === "low" ? b.trunc(64, result) : b.simd("i64x2.extract_lane", result, undefined, undefined, 1));
  }
  b.next();
}

/** dst = op(dst, src) on XMM registers; on MMX registers where the form has them and `mmx` names their feature. */
export function lanewise(b: Builder, op: SimdOpName, sse: string, mmx?: string, shape: MmxShape = "low"): void {
  if (mmx !== undefined && isMm(b, 0)) {
    mmxBinary(b, op, mmx, shape, 0);
    return;
  }
  if (!requireSse(b, sse)) return;
  const source = readVector(b, 1);
  b.write(0, b.simd(op, b.read(0, 128), source));
  b.next();
}

/** dst = op(src, dst): operations whose x86 operands stand the other way round. */
export function lanewiseReversed(b: Builder, op: SimdOpName, sse: string, mmx?: string): void {
  if (mmx !== undefined && isMm(b, 0)) {
    if (!requireMmx(b, mmx)) return;
    const source = b.zext(128, readMmx(b, 1));
    b.write(0, b.trunc(64, b.simd(op, source, b.zext(128, b.read(0, 64)))));
  } else {
    if (!requireSse(b, sse)) return;
    const source = readVector(b, 1);
    b.write(0, b.simd(op, source, b.read(0, 128)));
  }
  b.next();
}

/** dst = op(src). */
export function lanewiseUnary(b: Builder, op: SimdOpName, sse: string, mmx?: string): void {
  if (mmx !== undefined && isMm(b, 0)) {
    if (!requireMmx(b, mmx)) return;
    b.write(0, b.trunc(64, b.simd(op, b.zext(128, readMmx(b, 1)))));
  } else {
    if (!requireSse(b, sse)) return;
    b.write(0, b.simd(op, readVector(b, 1)));
  }
  b.next();
}

/** dst = op(dst, src, imm8). */
export function lanewiseImmediate(b: Builder, op: SimdOpName, sse: string): void {
  if (!requireSse(b, sse)) return;
  const source = readVector(b, 1);
  b.write(0, b.simd(op, b.read(0, 128), source, undefined, immediate8(b)));
  b.next();
}

/** dst = op(src, imm8). */
export function lanewiseUnaryImmediate(b: Builder, op: SimdOpName, sse: string): void {
  if (!requireSse(b, sse)) return;
  b.write(0, b.simd(op, readVector(b, 1), undefined, undefined, immediate8(b)));
  b.next();
}

/** dst = helper(dst, src) on whole registers. `lo` and `hi` go to the helper. */
export function packedHelper(b: Builder, helper: HelperName, sse: string, lo = 0, hi = 0): void {
  if (!requireSse(b, sse)) return;
  const source = readVector(b, 1);
  b.write(0, b.helper(helper, b.read(0, 128), source, undefined, lo, hi));
  b.next();
}

/** dst = helper(src) on whole registers. */
export function packedUnaryHelper(b: Builder, helper: HelperName, sse: string, lo = 0, hi = 0): void {
  if (!requireSse(b, sse)) return;
  b.write(0, b.helper(helper, readVector(b, 1), undefined, undefined, lo, hi));
  b.next();
}

/** The low lane of dst = helper(that, src); the other lanes stay. */
export function scalarHelper(b: Builder, helper: HelperName, width: 32 | 64, sse: string, lo = 0): void {
  if (!requireSse(b, sse)) return;
  const source = b.read(1, width);
  b.setXmm(xmmNumber(b, 0), b.helper(helper, b.read(0, width), source, undefined, lo));
  b.next();
}

/** The low lane of dst = helper(src); the other lanes stay. */
export function scalarUnaryHelper(b: Builder, helper: HelperName, width: IrWidth, sse: string, lo = 0): void {
  if (!requireSse(b, sse)) return;
  b.setXmm(xmmNumber(b, 0), b.helper(helper, b.read(1, width), undefined, undefined, lo));
  b.next();
}

/** The whole of dst = helper(src) with a source of `width` bits. */
export function convertHelper(b: Builder, helper: HelperName, width: IrWidth, sse: string, lo = 0): void {
  if (!requireSse(b, sse)) return;
  const source = width === 128 ? readVector(b, 1) : b.read(1, width);
  b.write(0, b.helper(helper, source, undefined, undefined, lo));
  b.next();
}

/** CF, PF, AF, ZF, SF and OF together, as a mask of RFLAGS. */
export const STATUS_FLAGS: number =
  (1 << Flag.CF) | (1 << Flag.PF) | (1 << Flag.AF) | (1 << Flag.ZF) | (1 << Flag.SF) | (1 << Flag.OF);
