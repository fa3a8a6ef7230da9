/** Prefixes that are written as words in front of the mnemonic. */
import { type Instruction, OpKind as kinds, Prefix as prefixBits } from "../instruction.ts";
import { FormFlag as formFlags } from "../opcodes.ts";
import { Register as registers } from "../register.ts";
import { registerName } from "../register-names.ts";
import { prefixTraits as traitWords } from "../text.gen.ts";

// Constants of this module's own: see decode.ts.
const OpKind = kinds;
const Prefix = prefixBits;
const FormFlag = formFlags;
const Register = registers;
const prefixTraits = traitWords;

/** Bits of `prefixTraits`: what F2, F3 and segment prefixes mean to a form. */
export const PrefixTrait = {
  /** F3 is REP, or REPE if `Repne` is set too. */
  Rep: 1,
  Repne: 2,
  Bnd: 4,
  Hint: 8,
  Notrack: 16,
  Xacquire: 32,
  Xrelease: 64,
  /** XACQUIRE and XRELEASE without LOCK. */
  XchgMemory: 128,
  /** The segment has no effect (LEA, MPX). */
  NoSegment: 256,
  /** Text without operands means ST(1). */
  St1: 512,
  /** The segment of an operand that is not written. */
  SegmentWord: 1024,
  /** GNU text: `addr32`. */
  GnuAddress: 2048,
  /** Anything but mnemonic and operands in order. */
  Special: 4096,
  /** No `short`: LOOP and JCXZ have one distance only. */
  Counted: 8192,
} as const;

export function prefixWords(instruction: Instruction, flags: number, gnu: boolean): string {
  let text = "";
  if ((flags & FormFlag.OperandSizeWord) !== 0 && !gnu) text = operandSizeWord(instruction);
  const traits = prefixTraits[instruction.form]!;
  if (
    (gnu ? (traits & PrefixTrait.GnuAddress) !== 0 : (flags & FormFlag.AddressSizeWord) !== 0) &&
    instruction.addressSize !== instruction.bitness
  )
    text += `addr${instruction.addressSize} `;
  const { prefixes } = instruction;
  if ((prefixes & (Prefix.Lock | Prefix.Rep | Prefix.Repne | Prefix.Segment)) === 0) return text;
  if ((prefixes & Prefix.Segment) !== 0 && (traits & PrefixTrait.SegmentWord) !== 0) text += segmentWord(instruction);
  if (!gnu && (prefixes & Prefix.Segment) !== 0 && (traits & PrefixTrait.Hint) !== 0) {
    if (instruction.segmentPrefix === Register.CS) text += "hint-not-taken ";
    else if (instruction.segmentPrefix === Register.DS) text += "hint-taken ";
  }
  const memory = instruction.opKind0 === OpKind.Memory;
  const locked = (prefixes & Prefix.Lock) !== 0;
  if (
    memory &&
    (prefixes & Prefix.Repne) !== 0 &&
    (traits & PrefixTrait.Xacquire) !== 0 &&
    (locked || (traits & PrefixTrait.XchgMemory) !== 0)
  )
    text += "xacquire ";
  else if (
    memory &&
    (prefixes & Prefix.Rep) !== 0 &&
    (traits & PrefixTrait.Xrelease) !== 0 &&
    (locked || (traits & PrefixTrait.XchgMemory) !== 0)
  )
    text += "xrelease ";
  if (locked) text += "lock ";
  if ((traits & PrefixTrait.Notrack) !== 0 && instruction.segmentPrefix === Register.DS) text += "notrack ";
  if ((prefixes & Prefix.Rep) !== 0 && (traits & PrefixTrait.Rep) !== 0)
    text += (traits & PrefixTrait.Repne) !== 0 ? (gnu ? "repe " : "repe ") : "rep ";
  if ((prefixes & Prefix.Repne) !== 0) {
    if ((traits & PrefixTrait.Bnd) !== 0) text += "bnd ";
    else if ((traits & PrefixTrait.Rep) !== 0) text += "repne ";
  }
  return text;
}

const segmentWord = (instruction: Instruction): string => {
  const segment = instruction.segmentPrefix;
  return instruction.bitness === 64 && segment < Register.FS
    ? ""
    : segment === Register.DS
      ? ""
      : `${registerName(segment)} `;
};

/** `data16`: the operand size shows nowhere else and is not the one of the mode. */
export function operandSizeWord(instruction: Instruction): string {
  const { bitness, operandSize } = instruction;
  if (bitness === 64)
    return operandSize === 16
      ? "data16 "
      : operandSize === 64 && (instruction.prefixes & Prefix.RexW) !== 0
        ? "data64 "
        : "";
  return operandSize === bitness ? "" : `data${operandSize} `;
}
