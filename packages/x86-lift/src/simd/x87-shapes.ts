/** The operand patterns of x87 instructions. Each function but `loadX87` and `stackNumber` writes a whole instruction. */
import { OpKind, Register } from "x86-decode";
import type { Builder } from "../builder.ts";
import type { HelperName } from "../helpers.ts";
import { requireX87 } from "./availability.ts";

/** i of the operand ST(i). */
export function stackNumber(b: Builder, operand: number): number {
  return b.insn.opReg(operand) - Register.ST0;
}

/** An instruction that is one helper call. */
export function x87(b: Builder, helper: HelperName, lo: number): void {
  if (!requireX87(b)) return;
  b.helper(helper, undefined, undefined, undefined, lo);
  b.next();
}

/** Loads the memory operand for a helper of the x87Load… and x87Operate… kinds. A pending #MF beats the load's faults. */
export function loadX87(b: Builder, helper: HelperName, lo = 0): void {
  b.helper("x87Wait");
  const address = b.address();
  const { memSize } = b.insn;
  if (memSize === 10) {
    const low = b.load(64, b.segment, address);
    const bits = b.insn.addressSize as 16 | 32 | 64;
    const above = b.zext(64, b.add(b.trunc(bits, address), b.const(bits, 8)));
    const high = b.load(16, b.segment, above);
    b.helper(helper, low, high, address, lo, b.segment);
  } else b.helper(helper, b.load((memSize * 8) as 16 | 32 | 64, b.segment, address), address, undefined, lo, b.segment);
}

/** Stores ST(0) to the memory operand; `lo` as of x87Store. */
export function storeX87(b: Builder, lo: number): void {
  if (!requireX87(b)) return;
  b.helper("x87Store", b.address(), undefined, undefined, lo, b.segment);
  b.next();
}

/** FADD and its kin, comparisons too. `pops` counts registers; a comparison with memory pops by its op (3). */
export function operateX87(b: Builder, op: number, kind: "float" | "integer", pops: 0 | 1 | 2): void {
  if (!requireX87(b)) return;
  const { insn } = b;
  if (insn.opKind0 === OpKind.Memory) {
    const wide = insn.memSize === 8;
    const narrow = insn.memSize === 2;
    loadX87(
      b,
      kind === "integer" ? (narrow ? "x87OperateI16" : "x87OperateI32") : wide ? "x87OperateF64" : "x87OperateF32",
      op,
    );
  } else {
    // FCOMPP and FUCOMPP name no operands: ST(0) with ST(1). Comparisons list ST(i) last whether or not ST(0) is named.
    const compares = (op & 15) === 2;
    const last = insn.opCount === 0 ? 1 : stackNumber(b, insn.opCount - 1);
    const destination = compares ? 0 : stackNumber(b, 0);
    b.helper("x87OperateStack", undefined, undefined, undefined, op | (destination << 8) | (last << 12) | (pops << 16));
  }
  b.next();
}
