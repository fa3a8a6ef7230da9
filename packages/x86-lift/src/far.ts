import { type Instruction, OpKind } from "x86-decode";
import type { Builder, Val } from "./builder.ts";

/** Does the CALL or JMP take a far pointer? */
export function isFar(insn: Instruction): boolean {
  return insn.opKind0 === OpKind.FarBranch || (insn.opKind0 === OpKind.Memory && insn.memSize > insn.operandSize / 8);
}

/** Selector and 64-bit offset of a far operand, from the instruction or from memory. */
export function farPointer(b: Builder, insn: Instruction): readonly [selector: Val, offset: Val] {
  if (insn.opKind0 === OpKind.FarBranch) return [b.const(16, insn.farSelector, 0), b.const(64, insn.targetLow, 0)];
  const width = insn.operandSize as 16 | 32 | 64;
  const offset = b.load(width, b.segment, b.address());
  const selector = b.load(16, b.segment, b.address(width / 8));
  return [selector, b.zext(64, offset)];
}
