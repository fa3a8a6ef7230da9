/** Near branches: limit and canonical checks of targets. Source: SDM vol. 2, JMP; vol. 1 §3.3.7.1. */
import type { Instruction } from "x86-decode";
import type { Builder, Val } from "./builder.ts";
import { Vector } from "./ir.ts";

function isCanonical(high: number): boolean {
  const sign = high >> 15;
  return sign === 0 || sign === -1;
}

/** Can the constant target lie beyond the limit of CS? */
function mayExceedLimit(b: Builder, insn: Instruction): boolean {
  if (b.mode.bitness === 64) return false;
  return b.mode.codeLimited || (b.mode.bitness === 16 && insn.targetLow >>> 0 > 0xffff);
}

/** The direct target of `insn`; false when it was illegal and the exception is written. */
export function checkDirectTarget(b: Builder, insn: Instruction): boolean {
  if (b.mode.bitness === 64 && !isCanonical(insn.targetHigh)) {
    b.raise(Vector.GP, 0);
    return false;
  }
  if (mayExceedLimit(b, insn)) b.checkTarget(b.const(64, insn.targetLow, insn.targetHigh));
  return true;
}

/** Checks the direct target in the case that `cond` holds. */
export function checkConditionalTarget(b: Builder, insn: Instruction, cond: Val): void {
  if (b.mode.bitness === 64) {
    if (!isCanonical(insn.targetHigh)) b.raiseIf(cond, Vector.GP, 0);
  } else if (mayExceedLimit(b, insn)) {
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
