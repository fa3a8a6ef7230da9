/** What templates of rows can say about an operand, and the NOPs that are written as XCHG. */
import { type Instruction, OpKind } from "../instruction.ts";
import { Mnemonic } from "../mnemonics.gen.ts";
import { Register } from "../register.ts";
import { registerName } from "../register-names.ts";
import { prefixTraits } from "../text.gen.ts";
import type { Style } from "./options.ts";
import { PrefixTrait } from "./prefixes.ts";

/** `0w` and `0d`: the 16- or 32-bit part of operand 0, where the rest does not matter to the instruction. */
export function resized(register: number, item: string): number {
  const number =
    register >= Register.RAX
      ? register - Register.RAX
      : register >= Register.EAX
        ? register - Register.EAX
        : register - Register.AX;
  return (item.charCodeAt(1) === 119 ? Register.AX : Register.EAX) + number;
}

/** 90 with an operand size that is not the one of the mode: `xchg ax,ax`. */
export const isWideNop = (instruction: Instruction): boolean =>
  instruction.mnemonic === Mnemonic.nop &&
  instruction.opCount === 0 &&
  instruction.operandSize !== (instruction.bitness === 64 ? 32 : instruction.bitness);

export function wideNop(instruction: Instruction, sigil: string, style: Style): string {
  const accumulator =
    instruction.operandSize === 16 ? Register.AX : instruction.operandSize === 32 ? Register.EAX : Register.RAX;
  const name = sigil + (style.upperRegister ? registerName(accumulator).toUpperCase() : registerName(accumulator));
  return name + style.separator + name;
}

/** \`faddp\` alone means ST(1). */
export const impliesSt1 = (instruction: Instruction): boolean =>
  (prefixTraits[instruction.form]! & PrefixTrait.St1) !== 0 &&
  (instruction.opReg0 === Register.ST1 || instruction.opReg1 === Register.ST1);

/** GNU: `aad` and `aam` alone mean base ten. */
export const impliesTen = (instruction: Instruction): boolean =>
  (instruction.mnemonic === Mnemonic.aad || instruction.mnemonic === Mnemonic.aam) && instruction.immLow === 10;

export const isOneRegisterImul = (instruction: Instruction): boolean =>
  instruction.mnemonic === Mnemonic.imul &&
  instruction.opCount === 3 &&
  instruction.opKind1 === OpKind.Register &&
  instruction.opReg0 === instruction.opReg1;
