/** Near branches: limit and canonical checks of targets. Source: SDM vol. 2, JMP; vol. 1 §3.3.7.1. */
import type { Instruction } from "x86-decode";
import type { Builder, Val } from "./builder.ts";

/** Canonical in 48 bits; whether 57 do instead is left to `checkTarget`. */
function isCanonical(high: number): boolean {
  const sign = high >> 15;
  return sign === 0 || sign === -1;
}

/** Can the constant target be illegal: beyond the limit of CS, or not canonical? */
function mayBeIllegal(b: Builder, insn: Instruction): boolean {
  if (b.mode.bitness === 64) return !isCanonical(insn.targetHigh);
  return b.mode.codeLimited || (b.mode.bitness === 16 && insn.targetLow >>> 0 > 0xffff);
}

/** Checks the direct target of `insn`. */
export function checkDirectTarget(b: Builder, insn: Instruction): void {
  if (mayBeIllegal(b, insn)) b.checkTarget(b.const(64, insn.targetLow, insn.targetHigh));
}

/** Checks the direct target in the case that `cond` holds. */
export function checkConditionalTarget(b: Builder, insn: Instruction, cond: Val): void {
  if (mayBeIllegal(b, insn)) {
    b.checkTarget(b.select(cond, b.const(64, insn.targetLow, insn.targetHigh), b.const(64, 0)));
  }
}

/** Checks a computed target (16, 32 or 64 bits) and gives it in 64 bits. */
export function checkComputedTarget(b: Builder, target: Val): Val {
  const width = b.widthOf(target);
  const wide = b.zext(64, target);
  if (b.mode.bitness === 64 || b.mode.codeLimited || width > b.mode.bitness) b.checkTarget(wide);
  return wide;
}

/** The next instruction's offset, in `width` bits. */
export function nextIp(b: Builder, insn: Instruction, width: 16 | 32 | 64): Val {
  const low = (insn.ipLow >>> 0) + insn.length;
  const carry = low > 0xffff_ffff ? 1 : 0;
  return b.const(width, low | 0, width === 64 ? (insn.ipHigh + carry) | 0 : 0);
}
