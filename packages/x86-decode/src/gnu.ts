/** GNU assembler (AT&T) syntax: `addl $5,0x10(%rax,%rcx,4)`. */

import { gnuSized, gnuTemplates } from "./gnu.gen.ts";
import { type Instruction, OpKind as kinds, Prefix as prefixBits } from "./instruction.ts";
import { mnemonicNames as mnemonics } from "./mnemonics.gen.ts";
import { FormFlag as formFlags, Operand as operands } from "./opcodes.ts";
import { Register as registers } from "./register.ts";
import { registerName } from "./register-names.ts";
import { formTable as formWords, operandTable as operandWords } from "./tables.gen.ts";
import { broadcastCount } from "./text/broadcast.ts";
import { hex, selector, signedHex } from "./text/number.ts";
import { type Style, styleOf, type TextOptions } from "./text/options.ts";
import { operandSizeWord, prefixWords, PrefixTrait as traitBits } from "./text/prefixes.ts";
import { pseudoOp } from "./text/pseudo-ops.ts";
import { shownSegment } from "./text/segment.ts";
import { impliesSt1, impliesTen, isOneRegisterImul, isWideNop, resized, wideNop } from "./text/templates.ts";
import { markSymbols, type Token, tokenize } from "./text/tokens.ts";
import { prefixTraits as traitWords } from "./text.gen.ts";

// Constants of this module's own: see decode.ts.
const OpKind = kinds;
const Prefix = prefixBits;
const mnemonicNames = mnemonics;
const FormFlag = formFlags;
const Operand = operands;
const Register = registers;
const formTable = formWords;
const operandTable = operandWords;
const PrefixTrait = traitBits;
const prefixTraits = traitWords;

export type { TextOptions } from "./text/options.ts";
export type { Token, TokenKind } from "./text/tokens.ts";

const standard: Style = /* @__PURE__ */ styleOf({}, true);
const names: readonly string[] = /* @__PURE__ */ Array.from(
  { length: 256 },
  (_, register) => `%${registerName(register).replace(/^st(\d)$/, "st($1)")}`,
);
const roundingWords: readonly string[] = ["", "{rn-sae}", "{rd-sae}", "{ru-sae}", "{rz-sae}"];

/** The instruction as text. `(bad)` for an invalid one. */
export function formatGnu(instruction: Instruction, options?: TextOptions): string {
  return write(instruction, options === undefined ? standard : styleOf(options, true));
}

/** A formatter with fixed options; cheaper than passing options each time. */
export function createGnuFormatter(options: TextOptions = {}): (instruction: Instruction) => string {
  const style = styleOf(options, true);
  return (instruction) => write(instruction, style);
}

/** The same text in pieces that say what they are. */
export function gnuTokens(instruction: Instruction, options: TextOptions = {}): Token[] {
  return tokenize(write(instruction, styleOf(markSymbols(options), true)));
}

function write(instruction: Instruction, style: Style): string {
  if (instruction.form === 0) return "(bad)";
  const form = instruction.form;
  const flags = formTable[(form << 2) + 2]!;
  let count = instruction.opCount;
  let mnemonic = "";
  if (style.pseudoOps) {
    mnemonic = pseudoOp(instruction);
    if (mnemonic !== "") count--;
  }
  const template = gnuTemplates.get(form);
  if (mnemonic === "") mnemonic = template === undefined ? mnemonicNames[instruction.mnemonic]! : template[0]!;
  // A second name stands for the memory form.
  if (template !== undefined && template[1] !== "" && hasMemory(instruction) && !instruction.broadcast)
    mnemonic = template[1]!;
  if (isWideNop(instruction)) return `${style.upperMnemonic ? "XCHG" : "xchg"} ${wideNop(instruction, "%", style)}`;
  // MASKMOVQ has no operand that could show the segment.
  if (instruction.opKind0 === OpKind.MaskDestination && shownSegment(instruction) !== Register.None)
    mnemonic = `${registerName(shownSegment(instruction))} ${mnemonic}`;
  if (isFullMoffs(instruction)) mnemonic = "movabs";
  // imul $2,%eax,%eax is written with one register.
  const lowest = isOneRegisterImul(instruction) ? 1 : 0;
  const other = gnuSized.get(form);
  let word = "";
  if (other !== undefined && (other[1] & (instruction.bitness >> 4)) !== 0) mnemonic = other[0];
  if ((flags & FormFlag.OperandSizeWord) !== 0) {
    word = operandSizeWord(instruction);
    // The suffix says it already; counted branches take no data16, so that the byte is written.
    if (/^(loop|j[er]?cxz)/.test(mnemonic)) word = word === "" ? "" : ".byte 0x66; ";
    else if ((other !== undefined && mnemonic === other[0]) || word === "data64 ") word = "";
  }
  if (instruction.memSize === 10 && instruction.bitness === 64 && (flags & FormFlag.Indirect) !== 0) word = "rex.w ";
  if ((instruction.prefixes & Prefix.Segment) !== 0 && mnemonic.startsWith("j")) mnemonic += hint(instruction);
  const prefixes = word + prefixWords(instruction, flags, true);
  let text = style.upperMnemonic ? (prefixes + mnemonic).toUpperCase() : prefixes + mnemonic;
  let first = true;
  const extra = roundingWord(instruction, flags);
  // The immediate or general register of a conversion comes before the rounding.
  const immediateFirst =
    instruction.opKind(count - 1) === OpKind.Immediate ||
    (instruction.opKind(count - 1) === OpKind.Register && count > 1 && instruction.opReg(count - 1) < Register.EIP);
  if (extra !== "" && !immediateFirst) {
    text += ` ${extra}`;
    first = false;
  }
  if (impliesSt1(instruction) || impliesTen(instruction)) return text;
  if (template === undefined || template.length === 2) {
    for (let i = count - 1; i >= lowest; i--) {
      text += (first ? " " : style.separator) + operand(instruction, i, flags, style);
      first = false;
      if (extra !== "" && immediateFirst && i === count - 1) text += style.separator + extra;
    }
  } else {
    for (let i = 2; i < template.length; i++) {
      const item = template[i]!;
      if (item === "-") break;
      text += first ? " " : style.separator;
      first = false;
      const index = item.charCodeAt(0) - 48;
      if (index < 0 || index > 4) text += style.upperRegister ? item.toUpperCase() : item;
      else if (item.length === 2 && instruction.opKind(index) === OpKind.Register)
        text += register(resized(instruction.opReg(index), item), style);
      else text += operand(instruction, index, flags, style);
    }
  }
  return text;
}

const isFullMoffs = (instruction: Instruction): boolean => instruction.memDispSize === 8;

const hasMemory = (instruction: Instruction): boolean =>
  instruction.opKind0 === OpKind.Memory ||
  instruction.opKind1 === OpKind.Memory ||
  instruction.opKind2 === OpKind.Memory;

/** `%rax`, `*%rax` for the target of an indirect branch. */
function operand(instruction: Instruction, index: number, flags: number, style: Style): string {
  let text: string;
  switch (instruction.opKind(index)) {
    case OpKind.Register:
      text = register(instruction.opReg(index), style);
      break;
    case OpKind.Immediate:
      return immediate(instruction, index, style);
    case OpKind.Immediate2:
      return `$${hex(instruction.imm2, 0, style)}`;
    case OpKind.NearBranch:
      return nearTarget(instruction, index, style);
    case OpKind.FarBranch:
      return `$${selector(instruction, style)}${style.separator}$${hex(instruction.targetLow, 0, style, style.branchZeros ? instruction.operandSize >> 2 : 0)}`;
    case OpKind.Memory:
      text = memory(instruction, index, style);
      break;
    case OpKind.StringSource:
      return `${segmentPrefix(instruction, style)}(${register(sourceRegisters[sizeIndex(instruction)]!, style)})`;
    case OpKind.StringDestination:
      return `${
        shownSegment(instruction) === Register.None ? "" : `${register(Register.ES, style)}:`
      }(${register(destinationRegisters[sizeIndex(instruction)]!, style)})`;
    default:
      return `${segmentPrefix(instruction, style)}(${register(destinationRegisters[sizeIndex(instruction)]!, style)})`;
  }
  if ((flags & FormFlag.Indirect) !== 0) text = `*${text}`;
  if (index === 0 && instruction.opmask !== 0) {
    text += `{${register(Register.K0 + instruction.opmask, style)}}`;
    if (instruction.zeroing) text += "{z}";
  }
  return text;
}

const register = (number: number, style: Style): string =>
  style.upperRegister ? names[number]!.toUpperCase() : names[number]!;

/** AT&T order puts rounding in front of the sources. */
function roundingWord(instruction: Instruction, flags: number): string {
  if (instruction.rounding !== 0 && (flags & FormFlag.IgnoreRounding) === 0)
    return roundingWords[instruction.rounding]!;
  return instruction.sae ? "{sae}" : "";
}

function hint(instruction: Instruction): string {
  if ((prefixTraits[instruction.form]! & PrefixTrait.Hint) === 0) return "";
  return instruction.segmentPrefix === Register.CS ? ",pn" : instruction.segmentPrefix === Register.DS ? ",pt" : "";
}

function immediate(instruction: Instruction, index: number, style: Style): string {
  const { immLow, immHigh } = instruction;
  const name = style.symbol?.(instruction.immediate, instruction, index);
  if (name !== undefined) return `$${name}`;
  if (style.signed) {
    const code = operandTable[formTable[(instruction.form << 2) + 1]! * 5 + index]!;
    switch (code & 0xff) {
      case Operand.Imm8Signed: {
        const low = code >> 8 === 2 ? (immLow << 16) >> 16 : immLow;
        return `$${signedHex(low, low >> 31, style)}`;
      }
      case Operand.Imm32:
        return `$${signedHex(immLow, immLow >> 31, style)}`;
      case Operand.Imm32Signed64:
      case Operand.Imm64:
        return `$${signedHex(immLow, immHigh, style)}`;
    }
  }
  return `$${hex(immLow, immHigh, style)}`;
}

function nearTarget(instruction: Instruction, index: number, style: Style): string {
  const name = style.symbol?.(instruction.branchTarget, instruction, index);
  if (name !== undefined) return name;
  const code = operandTable[formTable[(instruction.form << 2) + 1]! * 5 + index]!;
  const kind = code & 0xff;
  const size = (code >> 8) & 0xf;
  const digits = !style.branchZeros
    ? 0
    : 2 *
      (kind === Operand.Disp16
        ? 2
        : kind === Operand.Disp32
          ? 4
          : size !== 0
            ? size
            : instruction.bitness === 64
              ? 8
              : 4);
  return hex(instruction.targetLow, instruction.targetHigh, style, digits);
}

function segmentPrefix(instruction: Instruction, style: Style): string {
  const segment = shownSegment(instruction);
  return segment === Register.None ? "" : `${register(segment, style)}:`;
}

const sourceRegisters: readonly number[] = [Register.SI, Register.ESI, Register.RSI];
const destinationRegisters: readonly number[] = [Register.DI, Register.EDI, Register.RDI];
const sizeIndex = (instruction: Instruction): number =>
  instruction.addressSize === 16 ? 0 : instruction.addressSize === 32 ? 1 : 2;

function memory(instruction: Instruction, index: number, style: Style): string {
  const { memBase: base, memIndex, memScale, addressSize } = instruction;
  let text = segmentPrefix(instruction, style);
  const isRip = base === Register.RIP || base === Register.EIP;
  const low = addressSize === 16 ? instruction.memDispLow & 0xffff : instruction.memDispLow;
  const high = addressSize === 64 ? instruction.memDispHigh : 0;
  if (isRip || (base === Register.None && memIndex === Register.None)) {
    const address =
      addressSize === 64 ? instruction.displacement : BigInt.asUintN(addressSize, instruction.displacement);
    const name = style.symbol?.(address, instruction, index);
    if (name !== undefined) text += name;
    else if (isRip && style.ripRelative) {
      const distance = (instruction.memDispLow - instruction.ipLow - instruction.length) | 0;
      return `${text}${signedHex(distance, distance >> 31, style)}(${register(base, style)})${broadcast(instruction)}`;
    } else text += hex(low, high, style);
    if (isRip && name !== undefined && style.ripRelative) text += `(${register(base, style)})`;
  } else {
    if (instruction.memDispLow !== 0 || instruction.memDispHigh !== 0)
      text += signedHex(instruction.memDispLow, instruction.memDispHigh, style);
    text += "(";
    if (base !== Register.None) text += register(base, style);
    // XLAT's AL is understood.
    if (memIndex === Register.AL) return `${text})`;
    if (memIndex !== Register.None) {
      text += `${style.separator}${register(memIndex, style)}`;
      if (memScale !== 1) text += `${style.separator}${memScale}`;
    } else if (memScale !== 1) text += style.separator;
    text += ")";
  }
  return text + broadcast(instruction);
}

const broadcast = (instruction: Instruction): string =>
  instruction.broadcast ? `{1to${broadcastCount(instruction)}}` : "";
