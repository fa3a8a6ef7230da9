/** Intel syntax, as MASM and the Intel manuals write it: `add dword ptr [rax+rcx*4+10h],5`. */
import { type Instruction, OpKind as kinds, Prefix as prefixBits } from "./instruction.ts";
import { intelTemplates } from "./intel.gen.ts";
import { mnemonicNames as mnemonics } from "./mnemonics.gen.ts";
import { FormFlag as formFlags, Operand as operands } from "./opcodes.ts";
import { Register as registers } from "./register.ts";
import { registerName } from "./register-names.ts";
import { formTable as formWords, operandTable as operandWords } from "./tables.gen.ts";
import { broadcastCount } from "./text/broadcast.ts";
import { hex, selector, signedHex } from "./text/number.ts";
import { type Style, styleOf, type TextOptions } from "./text/options.ts";
import { prefixWords, PrefixTrait as traitBits } from "./text/prefixes.ts";
import { pseudoOp } from "./text/pseudo-ops.ts";
import { shownSegment } from "./text/segment.ts";
import { impliesSt1, isOneRegisterImul, isWideNop, resized, wideNop } from "./text/templates.ts";
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

const standard: Style = /* @__PURE__ */ styleOf({}, false);

/** x87 stack registers are `st(0)`; the plain `st` of two-operand forms is in the row's template. */
const names: readonly string[] = /* @__PURE__ */ Array.from({ length: 256 }, (_, register) =>
  registerName(register).replace(/^st(\d)$/, "st($1)"),
);
const roundingWords: readonly string[] = ["", "{rne-sae}", "{rd-sae}", "{ru-sae}", "{rz-sae}"];

/** The instruction as text. `(bad)` for an invalid one. */
export function formatIntel(instruction: Instruction, options?: TextOptions): string {
  return write(instruction, options === undefined ? standard : styleOf(options, false));
}

/** A formatter with fixed options; cheaper than passing options each time. */
export function createIntelFormatter(options: TextOptions = {}): (instruction: Instruction) => string {
  const style = styleOf(options, false);
  return (instruction) => write(instruction, style);
}

/** The same text in pieces that say what they are, for colours and links. */
export function intelTokens(instruction: Instruction, options: TextOptions = {}): Token[] {
  return tokenize(write(instruction, styleOf(markSymbols(options), false)));
}

function write(instruction: Instruction, style: Style): string {
  if (instruction.form === 0) return "(bad)";
  const form = instruction.form;
  const flags = formTable[(form << 2) + 2]!;
  const traits = prefixTraits[form]!;
  let count = instruction.opCount;
  if (
    (traits & PrefixTrait.Special) === 0 &&
    !style.upperMnemonic &&
    (instruction.prefixes & (Prefix.Lock | Prefix.Rep | Prefix.Repne | Prefix.Segment)) === 0
  ) {
    let text: string = mnemonicNames[instruction.mnemonic]!;
    if (count > 0) text += ` ${operand(instruction, 0, flags, style)}`;
    for (let i = 1; i < count; i++) text += style.separator + operand(instruction, i, flags, style);
    return text;
  }
  let mnemonic = "";
  if (style.pseudoOps) {
    mnemonic = pseudoOp(instruction);
    if (mnemonic !== "") count--;
  }
  const template = (flags & FormFlag.Template) !== 0 ? intelTemplates[form] : undefined;
  if (mnemonic === "") mnemonic = template === undefined ? mnemonicNames[instruction.mnemonic]! : template[0]!;
  if (isWideNop(instruction)) return `${style.upperMnemonic ? "XCHG" : "xchg"} ${wideNop(instruction, "", style)}`;
  const prefixes = prefixWords(instruction, flags, false);
  let text = style.upperMnemonic ? (prefixes + mnemonic).toUpperCase() : prefixes + mnemonic;
  if (impliesSt1(instruction)) return text;
  if (template === undefined) {
    // imul eax,eax,2 is written with one register.
    const skipped = isOneRegisterImul(instruction) ? 1 : -1;
    for (let i = 0; i < count; i++)
      if (i !== skipped) text += (i === 0 ? " " : style.separator) + operand(instruction, i, flags, style);
  } else {
    for (let i = 1; i < template.length; i++) {
      const item = template[i]!;
      text += i === 1 ? " " : style.separator;
      const index = item.charCodeAt(0) - 48;
      if (index < 0 || index > 4) text += style.upperRegister ? item.toUpperCase() : item;
      else if (item.length === 2 && instruction.opKind(index) === OpKind.Register)
        text += register(resized(instruction.opReg(index), item), style);
      else text += operand(instruction, index, flags, style);
    }
  }
  return instruction.opKind0 === OpKind.MaskDestination ? text + maskSegment(instruction, style) : text;
}

/** MASKMOVQ shows its destination only if the segment is overridden. */
function maskSegment(instruction: Instruction, style: Style): string {
  const segment = shownSegment(instruction);
  return segment === Register.None ? "" : style.separator + register(segment, style);
}

const register = (number: number, style: Style): string =>
  style.upperRegister ? names[number]!.toUpperCase() : names[number]!;

function operand(instruction: Instruction, index: number, flags: number, style: Style): string {
  let text: string;
  switch (instruction.opKind(index)) {
    case OpKind.Register:
      text = register(instruction.opReg(index), style);
      break;
    case OpKind.Immediate:
      text = immediate(instruction, index, style);
      break;
    case OpKind.Immediate2:
      return hex(instruction.imm2, 0, style);
    case OpKind.NearBranch:
      return nearTarget(instruction, index, style);
    case OpKind.FarBranch:
      return `${hex(instruction.targetLow, 0, style, style.branchZeros ? instruction.operandSize >> 2 : 0)}${style.separator}${selector(instruction, style)}`;
    case OpKind.Memory:
      text = memory(instruction, index, flags, style);
      break;
    case OpKind.StringSource:
      return stringMemory(instruction, false, style);
    case OpKind.StringDestination:
      return stringMemory(instruction, true, style);
    default:
      return maskMemory(instruction, style);
  }
  if (index === 0) {
    if (instruction.opmask !== 0) {
      const mask = register(Register.K0 + instruction.opmask, style);
      // The mask of gathers and scatters is changed: it is written as an operand of its own.
      if ((flags & FormFlag.Vsib) !== 0) text += style.separator + mask;
      else text += `{${mask}}`;
      if (instruction.zeroing) text += "{z}";
    }
    if (instruction.rounding !== 0 && (flags & FormFlag.IgnoreRounding) === 0)
      text += roundingWords[instruction.rounding]!;
    else if (instruction.sae) text += "{sae}";
  }
  return text;
}

function immediate(instruction: Instruction, index: number, style: Style): string {
  const { immLow, immHigh } = instruction;
  if (style.symbol !== undefined) {
    const name = style.symbol(instruction.immediate, instruction, index);
    if (name !== undefined) return name;
  }
  if (style.signed) {
    const code = operandTable[formTable[(instruction.form << 2) + 1]! * 5 + index]!;
    // Only what the processor sign-extends has a sign.
    switch (code & 0xff) {
      case Operand.Imm8Signed:
        return code >> 8 === 2
          ? signedHex((immLow << 16) >> 16, (immLow << 16) >> 31, style)
          : signedHex(immLow, immLow >> 31, style);
      case Operand.Imm32:
        return signedHex(immLow, immLow >> 31, style);
      case Operand.Imm32Signed64:
      case Operand.Imm64:
        return signedHex(immLow, immHigh, style);
    }
  }
  return hex(immLow, immHigh, style);
}

function nearTarget(instruction: Instruction, index: number, style: Style): string {
  if (style.symbol !== undefined) {
    const name = style.symbol(instruction.branchTarget, instruction, index);
    if (name !== undefined) return name;
  }
  const code = operandTable[formTable[(instruction.form << 2) + 1]! * 5 + index]!;
  const short =
    (code & 0xff) === Operand.Rel8 && (prefixTraits[instruction.form]! & PrefixTrait.Counted) === 0 ? "short " : "";
  const size = (code >> 8) & 0xf;
  const kind = code & 0xff;
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
  return (
    (style.upperKeyword ? short.toUpperCase() : short) +
    hex(instruction.targetLow, instruction.targetHigh, style, digits)
  );
}

function segmentPrefix(instruction: Instruction, style: Style): string {
  if (instruction.segmentPrefix === Register.None) return "";
  const segment = shownSegment(instruction);
  return segment === Register.None ? "" : `${register(segment, style)}:`;
}

/** Size words by bytes. */
const shapes: readonly string[] = /* @__PURE__ */ ((): string[] => {
  const words: string[] = new Array<string>(109).fill("");
  for (const [bytes, word] of [
    [1, "byte"],
    [2, "word"],
    [4, "dword"],
    [6, "fword"],
    [8, "qword"],
    [10, "tbyte"],
    [14, "fpuenv14"],
    [16, "xmmword"],
    [28, "fpuenv28"],
    [32, "ymmword"],
    [64, "zmmword"],
    [94, "fpustate94"],
    [108, "fpustate108"],
  ] as const)
    words[bytes] = `${word} ptr `;
  return words;
})();

function sizeWord(instruction: Instruction, flags: number, style: Style): string {
  if (style.memorySize === "never") return "";
  const size = instruction.memSize;
  if (style.memorySize === "needed") {
    if (instruction.broadcast) return "";
    // x87 environments: only if it is not the one of the mode.
    if (size === 14 || size === 94) {
      if (instruction.bitness === 16) return "";
    } else if (size === 28 || size === 108) {
      if (instruction.bitness !== 16) return "";
    } else if ((flags & FormFlag.SizeWord) === 0) return "";
  }
  const word = shapes[size] ?? "";
  return style.upperKeyword ? word.toUpperCase() : word;
}

function memory(instruction: Instruction, index: number, flags: number, style: Style): string {
  const { memBase: base, memIndex, memScale } = instruction;
  let text = sizeWord(instruction, flags, style);
  if (instruction.segmentPrefix !== Register.None) text += segmentPrefix(instruction, style);
  text += "[";
  const isRip = base === Register.RIP || base === Register.EIP;
  if (isRip || (base === Register.None && memIndex === Register.None)) {
    const name = style.symbol?.(absolute(instruction), instruction, index);
    if (name !== undefined) text += name;
    else if (isRip && style.ripRelative) {
      const low = (instruction.memDispLow - instruction.ipLow - instruction.length) | 0;
      text += register(base, style) + displacement(low, low >> 31, style);
    } else text += absoluteHex(instruction, style);
  } else {
    let joint = "";
    if (base !== Register.None) {
      text += register(base, style);
      joint = "+";
    }
    // XLAT's AL is understood.
    if (memIndex !== Register.None && memIndex !== Register.AL) {
      text += joint + register(memIndex, style);
      if (memScale !== 1 || base === Register.None) text += `*${memScale}`;
    }
    text += displacement(instruction.memDispLow, instruction.memDispHigh, style);
  }
  text += "]";
  if (instruction.broadcast) text += `{1to${broadcastCount(instruction)}}`;
  return text;
}

const absolute = (instruction: Instruction): bigint =>
  instruction.addressSize === 64
    ? instruction.displacement
    : BigInt.asUintN(instruction.addressSize, instruction.displacement);

function absoluteHex(instruction: Instruction, style: Style): string {
  switch (instruction.addressSize) {
    case 16:
      return hex(instruction.memDispLow & 0xffff, 0, style);
    case 32:
      return hex(instruction.memDispLow, 0, style);
    default:
      return hex(instruction.memDispLow, instruction.memDispHigh, style);
  }
}

function displacement(low: number, high: number, style: Style): string {
  if (low === 0 && high === 0) return "";
  return high < 0 ? signedHex(low, high, style) : "+" + hex(low, high, style);
}

const sourceRegisters: readonly number[] = [Register.SI, Register.ESI, Register.RSI];
const destinationRegisters: readonly number[] = [Register.DI, Register.EDI, Register.RDI];
const sizeIndex = (instruction: Instruction): number =>
  instruction.addressSize === 16 ? 0 : instruction.addressSize === 32 ? 1 : 2;

function stringMemory(instruction: Instruction, destination: boolean, style: Style): string {
  const registers = destination ? destinationRegisters : sourceRegisters;
  const base = register(registers[sizeIndex(instruction)]!, style);
  // ES has no override; it is named if any override stands in the encoding.
  const segment = destination
    ? shownSegment(instruction) === Register.None
      ? ""
      : `${register(Register.ES, style)}:`
    : segmentPrefix(instruction, style);
  return `${segment}[${base}]`;
}

function maskMemory(instruction: Instruction, style: Style): string {
  return `${segmentPrefix(instruction, style)}[${register(destinationRegisters[sizeIndex(instruction)]!, style)}]`;
}
