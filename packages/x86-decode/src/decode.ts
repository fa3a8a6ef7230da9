/**
 * The decoder: prefixes, opcode maps, decision tree, operands. Everything about a particular instruction is in
 * the generated tables; this file knows only the encoding.
 *
 * Sources: Intel SDM volume 2, chapter 2 (formats, VEX 2.3, EVEX 2.7) and appendix A; AMD APM volume 3, chapter 1 (XOP).
 */
import { Lead as leadNumbers, leads as leadTable, contextRoots as rootsByContext } from "./decode-tables.ts";
import { DecodeError as errors, type Instruction, OpKind as kinds, Prefix as prefixBits } from "./instruction.ts";
import {
  FormFlag as formFlags,
  OpcodeMap as maps,
  SelectorFlag as selectorFlags,
  operandSizeShift as sizeAt,
  tupleShift as tupleAt,
  tuples,
} from "./opcodes.ts";
import {
  operandPlans,
  PlanBit as planBits,
  Field as planFields,
  PlanTrait as planTraits,
  PlanWord as planWord,
  Tail as tailFields,
  TailTarget as tailTargets,
  planWords as wordsInPlan,
} from "./operand-plan.ts";
import { DecodeOption as optionBits } from "./options.ts";
import { rareOperand } from "./rare-operand.ts";
import { Register as registers } from "./register.ts";
import {
  formTable as formWords,
  memoryBytes as memoryWords,
  nodes as nodeWords,
  operandTable as operandWords,
  roots as rootWords,
} from "./tables.gen.ts";

/*
 * This module's own names for what it imports: V8 folds a module's constants into the code that it makes, while an import
 * is a live binding, loaded and checked at each use. The decoder is 1.6 times as fast for it.
 */
const DecodeError = errors;
const OpKind = kinds;
type OpKind = kinds;
const Prefix = prefixBits;
const FormFlag = formFlags;
const OpcodeMap = maps;
const operandSizeShift = sizeAt;
const SelectorFlag = selectorFlags;
const tupleShift = tupleAt;
const plans = operandPlans;
const PlanBit = planBits;
const Field = planFields;
const planWords = wordsInPlan;
const PlanWord = planWord;
const PlanTrait = planTraits;
const Tail = tailFields;
const TailTarget = tailTargets;
const DecodeOption = optionBits;
const Register = registers;
const formTable = formWords;
const memoryBytes = memoryWords;
const nodes = nodeWords;
const operandTable = operandWords;
const roots = rootWords;
const Lead = leadNumbers;
const leads = leadTable;
const contextRoots = rootsByContext;

/** Disp8*N by tuple, without and with broadcast. */
const tupleScale: Uint8Array = /* @__PURE__ */ new Uint8Array(
  tuples.flatMap(([, plain, broadcast]) => [plain, broadcast]),
);

const evexMaps: readonly number[] = [
  -1,
  OpcodeMap.Evex0f,
  OpcodeMap.Evex0f38,
  OpcodeMap.Evex0f3a,
  -1,
  OpcodeMap.Evex5,
  OpcodeMap.Evex6,
  -1,
];

/** Operand size by what the form says, 0 for nothing, and context. */
const operandSizes: Uint8Array = /* @__PURE__ */ new Uint8Array(
  [[16, 32, 16, 32, 64], 16, 32, 64].flatMap((size) =>
    typeof size === "number" ? [size, size, size, size, size] : size,
  ),
);

/** Base and index of 16-bit ModR/M.rm. */
const base16: readonly number[] = [
  Register.BX,
  Register.BX,
  Register.BP,
  Register.BP,
  Register.SI,
  Register.DI,
  Register.BP,
  Register.BX,
];
const index16: readonly number[] = [Register.SI, Register.DI, Register.SI, Register.DI, 0, 0, 0, 0];

/** Any 3DNow! form: all have the same operands, and the opcode comes last. */
const now3dShape: number = /* @__PURE__ */ (() => roots[(OpcodeMap.Now3d << 8) | 0x9e]!)();

/** More than the decoder looks at in one instruction of up to 15 bytes. */
const window = 40;
/** The end of the caller's bytes and zeros behind it; holds nothing between calls. */
const lastBytes: Uint8Array = /* @__PURE__ */ new Uint8Array(window);

/** `looked` bytes were looked at, `available` are there: it is too short, too long, or wrong. */
function fail(into: Instruction, looked: number, available: number): number {
  const error =
    looked <= available && looked <= 15
      ? DecodeError.Invalid
      : available >= 15
        ? DecodeError.TooLong
        : DecodeError.Truncated;
  const length = Math.min(looked, available, 15);
  into.error = error;
  into.length = length;
  into.form = 0;
  into.mnemonic = 0;
  into.opCount = 0;
  into.prefixes = 0;
  into.segmentPrefix = Register.None;
  into.memSegment = Register.None;
  into.memBase = Register.None;
  into.memIndex = Register.None;
  into.memSize = 0;
  clearFrom(into, 0);
  return length;
}

/** Whether the decision tree looks at ModR/M on its way. */
function usesModRm(slot: number, state: number, options: number): boolean {
  let entry = roots[slot]!;
  while (entry < 0) {
    const selector = nodes[-entry]!;
    if ((selector & SelectorFlag.ModRm) !== 0) return true;
    entry = child(entry, selector, state, options);
  }
  return false;
}

const child = (entry: number, selector: number, state: number, options: number): number =>
  nodes[
    1 -
      entry +
      ((((selector & SelectorFlag.Options) !== 0 ? options : state) >> (selector & 31)) & ((selector >> 5) & 7))
  ]!;

const int16 = (bytes: Uint8Array, at: number): number => ((bytes[at]! << 16) | (bytes[at + 1]! << 24)) >> 16;
const int32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/** In 64-bit code only FS and GS override. */
const effectiveSegment = (override: number, standard: number, long: boolean): number =>
  override === Register.None || (long && override < Register.FS) ? standard : override;

/** A branch whose displacement or offset is `value` and ends at `pos`; gives the offset behind a selector that follows it. */
function setTarget(
  bytes: Uint8Array,
  start: number,
  pos: number,
  value: number,
  tail: number,
  long: boolean,
  into: Instruction,
): number {
  const target = tail >> Tail.Target;
  if (target === TailTarget.Absolute || target === TailTarget.Far) {
    into.targetLow = (tail & Tail.Size) === 2 ? value & 0xffff : value;
    into.targetHigh = 0;
    if (target === TailTarget.Absolute) return pos;
    into.farSelector = int16(bytes, pos) & 0xffff;
    return pos + 2;
  }
  const sum = (into.ipLow >>> 0) + (pos - start) + (value >>> 0);
  if (target === 8 || (target === TailTarget.Mode && long)) {
    into.targetLow = sum | 0;
    // Carries out of the low half, and the sign of the displacement.
    into.targetHigh = (into.ipHigh + (value >> 31) + ((sum / 0x1_0000_0000) | 0)) | 0;
  } else {
    into.targetLow = target === 2 ? sum & 0xffff : sum | 0;
    into.targetHigh = 0;
  }
  return pos;
}

/** The constant 1 of shifts, and addresses without ModR/M; gives the offset behind. */
function withoutSize(
  bytes: Uint8Array,
  start: number,
  pos: number,
  segment: number,
  addressSize: number,
  tail: number,
  memSize: number,
  into: Instruction,
): number {
  if (tail >> Tail.Target === TailTarget.One) {
    into.immLow = 1;
    return pos;
  }
  const size = 2 << addressSize;
  into.memDispLow = size === 2 ? int16(bytes, pos) : int32(bytes, pos);
  into.memDispHigh = size === 8 ? int32(bytes, pos + 4) : into.memDispLow >> 31;
  into.memDispSize = size;
  into.dispOffset = pos - start;
  into.memSegment = effectiveSegment(segment, Register.DS, into.bitness === 64);
  into.memSize = memSize;
  return pos + size;
}

/** RIP-relative: the displacement becomes the address. */
function makeAbsolute(into: Instruction, length: number): void {
  const sum = (into.ipLow >>> 0) + length + (into.memDispLow >>> 0);
  if (into.memBase === Register.RIP)
    into.memDispHigh = (into.ipHigh + into.memDispHigh + ((sum / 0x1_0000_0000) | 0)) | 0;
  else into.memDispHigh = 0;
  into.memDispLow = sum | 0;
}

/** The memory operand of 16-bit addressing; gives the offset behind it. */
function memory16(
  bytes: Uint8Array,
  start: number,
  modrm: number,
  segment: number,
  long: boolean,
  into: Instruction,
): number {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  const direct = mod === 0 && rm === 6;
  const base = direct ? Register.None : base16[rm]!;
  const size = direct ? 2 : mod;
  into.memBase = base;
  into.memIndex = index16[rm]!;
  into.memScale = 1;
  into.memSegment = effectiveSegment(segment, base === Register.BP ? Register.SS : Register.DS, long);
  const displacement = size === 1 ? (bytes[start]! << 24) >> 24 : size === 2 ? int16(bytes, start) : 0;
  into.memDispLow = displacement;
  into.memDispHigh = displacement >> 31;
  into.memDispSize = size;
  return start + size;
}

/** Number of a vector register inside its class. */
const vectorNumber = (register: number): number => (register - Register.XMM0) & 31;

/** Register combinations that raise #UD: gathers, and complex FP16 products. */
function clashes(into: Instruction, flags: number): boolean {
  if ((flags & FormFlag.UniqueDestination) !== 0)
    return into.opReg0 === into.opReg1 || (into.opKind2 === OpKind.Register && into.opReg0 === into.opReg2);
  if (into.opReg0 >= Register.TMM0)
    return into.opReg0 === into.opReg1 || into.opReg0 === into.opReg2 || into.opReg1 === into.opReg2;
  const destination = vectorNumber(into.opReg0);
  const index = vectorNumber(into.memIndex);
  if (into.opKind2 === OpKind.Register) {
    const mask = vectorNumber(into.opReg2);
    return destination === index || destination === mask || index === mask;
  }
  return into.opKind0 === OpKind.Register && destination === index;
}

/**
 * Decodes the instruction at `bytes[offset]`, reading nothing at or beyond `end`, into `into`.
 *
 * `bitness` is that of the code segment; `ipLow`/`ipHigh` are the halves of the address of the first byte and matter
 * only for branch targets and RIP-relative operands. Never throws and allocates nothing.
 *
 * @returns the length: 0 only if `offset >= end`. Look at `into.error` before anything else.
 */
export function decodeInstruction(
  bytes: Uint8Array,
  offset: number,
  end: number,
  bitness: 16 | 32 | 64,
  ipLow: number,
  ipHigh: number,
  into: Instruction,
  options = 0,
): number {
  into.ipLow = ipLow | 0;
  into.ipHigh = ipHigh | 0;
  into.bitness = bitness;
  into.opmask = 0;
  into.zeroing = false;
  into.broadcast = false;
  into.rounding = 0;
  into.sae = false;

  const available = (end > bytes.length ? bytes.length : end) - offset;
  let start = offset;
  if (available < window) {
    if (available <= 0) return fail(into, 1, 0);
    for (let i = 0; i < window; i++) lastBytes[i] = i < available ? bytes[offset + i]! : 0;
    bytes = lastBytes;
    start = 0;
  }
  // From here on nothing asks whether bytes are left: what was looked at is compared with what was there at the end.

  const long = bitness === 64;
  let pos = start;
  let prefixes = 0;
  let segment: number = Register.None;
  /** None, 66, F3, F2: what a mandatory prefix would be. */
  let prefix = 0;
  /** 0 for 16 bits, 1 for 32, 2 for 64. */
  let addressSize = bitness >> 5;
  /** 0 legacy, 1 VEX or XOP, 2 EVEX. */
  let vector = 0;
  let vvvv = 0;
  let length = 0;
  let evex = 0;

  // Much of this function is arithmetic where one would write a condition: the processor cannot predict the bytes.
  let byte = bytes[pos]!;
  const isRex = long ? ((byte ^ 0x40) - 16) >> 31 : 0;
  let rex = byte & isRex;
  pos -= isRex;
  byte = bytes[pos++]!;
  // Extension bits, already shifted to be or-ed to a register number.
  let extR = (rex & 4) << 1;
  let extX = (rex & 2) << 2;
  let extB = (rex & 1) << 3;
  let w = (rex >> 3) & 1;
  let slot = byte;

  if (leads[byte] !== 0) {
    pos = start;
    rex = 0;
    for (;;) {
      if (pos - start >= 15) return fail(into, 16, available);
      byte = bytes[pos++]!;
      const lead = leads[byte]!;
      if (lead === 0 || lead === Lead.Escape) break;
      if (lead === Lead.Rex) {
        if (!long) break;
        rex = byte;
        continue;
      }
      rex = 0;
      switch (lead) {
        case Lead.Segment:
          prefixes |= Prefix.Segment;
          // 26 2E 36 3E have no meaning in 64-bit code, so FS and GS stay.
          if (byte >= 0x64) segment = Register.FS + (byte - 0x64);
          else if (!long || segment < Register.FS) segment = Register.ES + ((byte >> 3) & 3);
          break;
        case Lead.OperandSize:
          prefixes |= Prefix.OperandSize;
          if (prefix === 0) prefix = 1;
          break;
        case Lead.AddressSize:
          prefixes |= Prefix.AddressSize;
          addressSize = bitness === 32 ? 0 : 1;
          break;
        case Lead.Lock:
          prefixes |= Prefix.Lock;
          break;
        case Lead.Repne:
          prefixes = (prefixes & ~Prefix.Rep) | Prefix.Repne;
          prefix = 3;
          break;
        default:
          prefixes = (prefixes & ~Prefix.Repne) | Prefix.Rep;
          prefix = 2;
          break;
      }
    }
    extR = (rex & 4) << 1;
    extX = (rex & 2) << 2;
    extB = (rex & 1) << 3;
    w = (rex >> 3) & 1;
    slot = byte;

    if (byte === 0x0f) {
      byte = bytes[pos++]!;
      slot = (OpcodeMap.Legacy0f << 8) | byte;
      if (byte === 0x38 || byte === 0x3a) {
        const taken = byte === 0x38 ? DecodeOption.Cyrix : DecodeOption.Cyrix | DecodeOption.CyrixDmi;
        if (long || (options & taken) === 0) {
          slot = (byte === 0x38 ? OpcodeMap.Legacy0f38 : OpcodeMap.Legacy0f3a) << 8;
          byte = bytes[pos++]!;
          slot |= byte;
        }
      }
    } else if (leads[byte] === Lead.Escape) {
      const first = bytes[pos]!;
      if (byte === 0x8f ? (first & 0x1f) >= 8 : long || first >= 0xc0) {
        if ((prefixes & (Prefix.Lock | Prefix.Rep | Prefix.Repne | Prefix.OperandSize)) !== 0 || rex !== 0)
          return fail(into, pos + 1 - start, available);
        const kind = byte;
        pos++;
        let map = 0;
        extR = (~first >> 4) & 8;
        if (kind === 0xc5) {
          vvvv = (~first >> 3) & 15;
          length = (first >> 2) & 1;
          prefix = first & 3;
          map = OpcodeMap.Vex + 1;
          vector = 1;
        } else {
          const second = bytes[pos++]!;
          extX = (~first >> 3) & 8;
          extB = (~first >> 2) & 8;
          w = second >> 7;
          vvvv = (~second >> 3) & 15;
          // 66, F3, F2 have the same numbers here.
          prefix = second & 3;
          if (kind === 0x62) {
            evex = bytes[pos++]!;
            vector = 2;
            length = (evex >> 5) & 3;
            extR |= ~first & 0x10;
            vvvv |= (~evex & 8) << 1;
            map = (first & 8) !== 0 || (second & 4) === 0 ? -1 : evexMaps[first & 7]!;
          } else {
            vector = 1;
            length = (second >> 2) & 1;
            map = first & 31;
            if (kind === 0xc4) map = map >= 1 && map <= 3 ? OpcodeMap.Vex + map : -1;
            else map = map <= 10 ? OpcodeMap.Xop + map - 8 : -1;
          }
          if (map < 0) return fail(into, pos - start, available);
        }
        if (!long) {
          extR = 0;
          extX = 0;
          extB = 0;
        }
        byte = bytes[pos++]!;
        slot = (map << 8) | byte;
      }
    }
  }
  if (rex !== 0) prefixes |= Prefix.Rex | (w * Prefix.RexW);

  const is66 = (prefixes >> 3) & 1;
  /** As in `Selector.Context`. */
  const context = long ? (vector === 0 ? 3 + w - (is66 & ~w) : 3) : vector === 0 ? (bitness >> 5) ^ is66 : 1;
  const modrm = bytes[pos]!;
  const isRegister = (modrm + 0x40) >> 8;
  const state =
    (modrm & 0x3f) |
    (isRegister << 8) |
    (context << 9) |
    (prefix << 12) |
    (w << 14) |
    // With a register operand EVEX.b turns L'L into the rounding mode of a 512-bit operation.
    ((evex & 0x10 & -isRegister ? 2 : length) << 15) |
    (addressSize << 17) |
    (extB << 16);
  let entry = options === 0 ? contextRoots[context * roots.length + slot]! : roots[slot]!;
  while (entry < 0) entry = child(entry, nodes[-entry]!, state, options);

  let now3d = false;
  if (entry === 0) {
    now3d = slot === ((OpcodeMap.Legacy0f << 8) | 0x0f) && (options & DecodeOption.Udbg) === 0;
    if (!now3d) return fail(into, pos - start + (usesModRm(slot, state, options) ? 1 : 0), available);
    entry = now3dShape;
  }
  let row = entry << 2;
  const flags = formTable[row + 2]!;
  pos += flags & FormFlag.ModRm;
  const inMemory = flags & ~isRegister & ~(flags >> 14) & 1;

  if ((flags & (FormFlag.MandatoryF2 | FormFlag.MandatoryF3 | FormFlag.Mpx | FormFlag.No66)) !== 0) {
    if ((flags & FormFlag.MandatoryF3) !== 0) prefixes &= ~Prefix.Rep;
    if ((flags & FormFlag.MandatoryF2) !== 0) prefixes &= ~Prefix.Repne;
    if ((flags & FormFlag.No66) !== 0 && is66 !== 0) return fail(into, pos - start, available);
    if ((flags & FormFlag.Mpx) !== 0) {
      if (long) addressSize = 2;
      if (addressSize === 0 && inMemory !== 0) return fail(into, pos - start, available);
      if (long && (flags & FormFlag.NoRip) !== 0 && (modrm & 0xc7) === 5) return fail(into, pos - start, available);
    }
  }

  const traits = formTable[row + 3]!;
  const plan = (formTable[row + 1]! * 2 + inMemory) * planWords;
  if (inMemory !== 0) {
    into.memSize = memoryBytes[traits & 0xff]!;
    if (addressSize === 0) {
      if ((flags & FormFlag.Vsib) !== 0) return fail(into, pos - start, available);
      pos = memory16(bytes, pos, modrm, segment, long, into);
      if (vector === 2 && into.memDispSize === 1) {
        into.memDispLow = Math.imul(
          into.memDispLow,
          tupleScale[(((flags >> tupleShift) & 31) << 1) | ((evex >> 4) & 1)]!,
        );
      }
      into.dispOffset = into.memDispSize === 0 ? 0 : pos - into.memDispSize - start;
    } else {
      const first = addressSize === 2 ? Register.RAX : Register.EAX;
      const mod = modrm >> 6;
      // Without SIB as if there were one without an index.
      const hasSib = (((modrm & 7) ^ 4) - 1) >> 31;
      const sib = (bytes[pos]! & hasSib) | ((0x20 | (modrm & 7)) & ~hasSib);
      pos -= hasSib;
      let number = (sib & 7) | extB;
      let base: number = first + number;
      // 0, 1, 4
      let size = (mod & 1) | ((mod & 2) << 1);
      if (mod === 0 && (sib & 7) === 5) {
        size = 4;
        number = 0;
        base = hasSib !== 0 || !long ? Register.None : addressSize === 2 ? Register.RIP : Register.EIP;
      }
      into.memBase = base;
      const scaled = ((sib >> 3) & 7) | (extX & hasSib);
      if ((flags & FormFlag.Vsib) !== 0) into.memIndex = plans[plan + PlanWord.Vsib]! + (scaled | (vvvv & 16));
      else into.memIndex = scaled === 4 ? Register.None : first + scaled;
      into.memScale = 1 << (sib >> 6);
      // SS with rSP and rBP, not with R12 and R13: one less than DS for the numbers 4 and 5.
      const standard = Register.DS + (((number ^ 4) - 2) >> 31);
      into.memSegment = segment === Register.None ? standard : effectiveSegment(segment, standard, long);
      let displacement = ((bytes[pos]! << 24) >> 24) & -(size & 1);
      if (size === 4)
        displacement = bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24);
      else if (vector === 2)
        displacement = Math.imul(displacement, tupleScale[(((flags >> tupleShift) & 31) << 1) | ((evex >> 4) & 1)]!);
      into.memDispLow = displacement;
      into.memDispHigh = displacement >> 31;
      into.memDispSize = size;
      into.dispOffset = (pos - start) & -((size + 3) >> 2);
      pos += size;
    }
  } else {
    into.memSegment = Register.None;
    into.memBase = Register.None;
    into.memIndex = Register.None;
    into.memScale = 1;
    into.memDispLow = 0;
    into.memDispHigh = 0;
    into.memDispSize = 0;
    into.dispOffset = 0;
    into.memSize = 0;
  }
  if (now3d) {
    entry = roots[(OpcodeMap.Now3d << 8) | bytes[pos++]!]!;
    while (entry < 0) entry = child(entry, nodes[-entry]!, state, options);
    if (entry === 0) return fail(into, pos - start, available);
    row = entry << 2;
  }

  if (vector !== 0) {
    const isVsib = (flags & FormFlag.Vsib) !== 0;
    // V' extends the index of VSIB, whatever vvvv does; outside 64-bit code it must stay clear.
    if (!long && vvvv >= 16) return fail(into, pos - start, available);
    if ((flags & FormFlag.Vvvv) === 0 && (isVsib ? vvvv & 15 : vvvv) !== 0) return fail(into, pos - start, available);
    if (!long) vvvv &= 7;
    if (isVsib && vector === 2) vvvv &= 15;
    if (vector === 2) {
      if (extR >= 16 && (plans[plan + PlanWord.Traits]! & PlanTrait.GeneralReg) !== 0)
        return fail(into, pos - start, available);
      const mask = evex & 7;
      into.opmask = mask;
      if (mask !== 0 ? (flags & FormFlag.Mask) === 0 : (flags & FormFlag.MaskRequired) !== 0)
        return fail(into, pos - start, available);
      if (evex >= 0x80) {
        if ((flags & FormFlag.Zeroing) === 0 || mask === 0) return fail(into, pos - start, available);
        into.zeroing = true;
      }
      if ((evex & 0x10) !== 0) {
        if (inMemory !== 0) {
          if ((flags & FormFlag.Broadcast) === 0) return fail(into, pos - start, available);
          into.broadcast = true;
          into.memSize = (traits >> 8) & 0xff;
        } else if ((flags & FormFlag.Rounding) !== 0) into.rounding = length + 1;
        else if ((flags & FormFlag.Sae) !== 0) into.sae = true;
        else return fail(into, pos - start, available);
      } else if (length === 3) return fail(into, pos - start, available);
      // X is the fifth bit of a vector register in ModR/M.rm.
      if (inMemory === 0) extB |= extX << 1;
    }
  }

  // What follows ModR/M: an immediate, a branch target or an address.
  const tail = plans[plan + PlanWord.Tail]!;
  const tailSize = tail & Tail.Size;
  into.immSize = tailSize;
  if (tailSize === 0) {
    into.immLow = 0;
    into.immHigh = 0;
    into.immOffset = 0;
    if (tail !== 0) pos = withoutSize(bytes, start, pos, segment, addressSize, tail, memoryBytes[traits & 0xff]!, into);
  } else {
    into.immOffset = pos - start;
    let value = (bytes[pos]! << 24) >> 24;
    if (tailSize === 4)
      value = bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24);
    else if (tailSize !== 1) value = tailSize === 2 ? int16(bytes, pos) : int32(bytes, pos);
    pos += tailSize;
    if (tail > 0xff) {
      into.immLow = 0;
      into.immHigh = 0;
      pos = setTarget(bytes, start, pos, value, tail, long, into);
    } else {
      into.immHigh = (tail & Tail.SignExtended) !== 0 ? value >> 31 : tailSize === 8 ? int32(bytes, pos - 4) : 0;
      if ((tail & (Tail.Unsigned | Tail.Word)) !== 0) value &= tail === (1 | Tail.Unsigned) ? 0xff : 0xffff;
      into.immLow = value;
      if ((plans[plan + PlanWord.Traits]! & PlanTrait.SecondImmediate) !== 0) into.imm2 = bytes[pos++]!;
    }
  }

  if (prefixes & Prefix.Lock && (flags & FormFlag.LockCr8) !== 0 && (options & DecodeOption.Amd) !== 0) {
    // LOCK has become a bit of the register number.
    extR |= 8;
    prefixes &= ~Prefix.Lock;
  }
  const numbers =
    ((modrm >> 3) & 7) |
    extR |
    (((modrm & 7) | extB) << Field.Rm) |
    (((byte & 7) | (extB & 8)) << Field.Opcode) |
    (vvvv << Field.Vvvv);
  const rare = rex !== 0 ? PlanBit.Rare | PlanBit.Byte : PlanBit.Rare;
  const word0 = plans[plan]!;
  const word1 = plans[plan + 1]!;
  const word2 = plans[plan + 2]!;
  const count = traits >> 16;
  if (((word0 | word1 | word2) & rare) === 0 && count <= 3) {
    into.opKind0 = (word0 & 15) as OpKind;
    into.opReg0 = ((word0 >> 4) & 0xfff) + ((numbers >> ((word0 >> 16) & 31)) & ((word0 >> 21) & 31));
    into.opKind1 = (word1 & 15) as OpKind;
    into.opReg1 = ((word1 >> 4) & 0xfff) + ((numbers >> ((word1 >> 16) & 31)) & ((word1 >> 21) & 31));
    into.opKind2 = (word2 & 15) as OpKind;
    into.opReg2 = ((word2 >> 4) & 0xfff) + ((numbers >> ((word2 >> 16) & 31)) & ((word2 >> 21) & 31));
    if (into.opKind3 !== OpKind.None) clearFrom(into, 3);
  } else {
    const dataSegment = effectiveSegment(segment, Register.DS, long);
    for (let index = 0; index < 5; index++) {
      const word = plans[plan + index]!;
      let operand = (word & 0xffff) + (((numbers >> ((word >> 16) & 31)) & ((word >> 21) & 31)) << 4);
      if ((word & rare) !== 0) {
        const code = operandTable[formTable[row + 1]! * 5 + index]!;
        operand = rareOperand(code, numbers, dataSegment, addressSize, memoryBytes[traits & 0xff]!, into);
        if (operand < 0) return fail(into, pos - start, available);
      }
      setOperand(into, index, (operand & 15) as OpKind, operand >> 4);
    }
  }

  if ((prefixes & Prefix.Lock) !== 0 && ((flags & FormFlag.Lock) === 0 || into.opKind0 !== OpKind.Memory))
    return fail(into, pos - start, available);
  if (vector !== 0) {
    if (into.zeroing && into.opKind0 === OpKind.Memory) return fail(into, pos - start, available);
    if ((flags & (FormFlag.Unique | FormFlag.UniqueDestination)) !== 0 && clashes(into, flags))
      return fail(into, pos - start, available);
  }
  const total = pos - start;
  if (total > 15 || total > available) return fail(into, total, available);

  into.error = DecodeError.None;
  into.form = entry;
  into.mnemonic = formTable[row]!;
  into.opCount = count;
  into.prefixes = prefixes;
  into.segmentPrefix = segment;
  into.addressSize = 16 << addressSize;
  into.operandSize = operandSizes[((flags >> operandSizeShift) & 3) * 5 + context]!;
  into.length = total;
  if (into.memBase === Register.RIP || into.memBase === Register.EIP) makeAbsolute(into, total);
  return total;
}

function setOperand(into: Instruction, index: number, kind: OpKind, register: number): void {
  if (index === 0) {
    into.opKind0 = kind;
    into.opReg0 = register;
  } else if (index === 1) {
    into.opKind1 = kind;
    into.opReg1 = register;
  } else if (index === 2) {
    into.opKind2 = kind;
    into.opReg2 = register;
  } else if (index === 3) {
    into.opKind3 = kind;
    into.opReg3 = register;
  } else {
    into.opKind4 = kind;
    into.opReg4 = register;
  }
}

/** Clears operands `index` and up. */
function clearFrom(into: Instruction, index: number): void {
  if (index < 1) {
    into.opKind0 = OpKind.None;
    into.opReg0 = Register.None;
  }
  if (index < 2) {
    into.opKind1 = OpKind.None;
    into.opReg1 = Register.None;
  }
  if (index < 3) {
    into.opKind2 = OpKind.None;
    into.opReg2 = Register.None;
  }
  if (index < 4) {
    into.opKind3 = OpKind.None;
    into.opReg3 = Register.None;
  }
  into.opKind4 = OpKind.None;
  into.opReg4 = Register.None;
}
