/**
 * The decoder: prefixes, opcode maps, decision tree, operands. Everything about a particular instruction is in
 * the generated tables; this file knows only the encoding.
 *
 * Sources: Intel SDM volume 2, chapter 2 (formats, VEX 2.3, EVEX 2.7) and appendix A; AMD APM volume 3, chapter 1 (XOP).
 */
import { DecodeError, type Instruction, OpKind, Prefix } from "./instruction.ts";
import { FormFlag, OpcodeMap, Operand, operandSizeShift, Selector, tupleShift, tuples } from "./opcodes.ts";
import { DecodeOption } from "./options.ts";
import { Register } from "./register.ts";
import { formTable, memoryBytes, nodes, operandTable, roots } from "./tables.gen.ts";

/** What a byte is in front of an opcode; 0 if it is the opcode. */
const Lead = { Segment: 1, OperandSize: 2, AddressSize: 3, Lock: 4, Repne: 5, Rep: 6, Rex: 7 } as const;

const leads: Uint8Array = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256);
  for (const byte of [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]) table[byte] = Lead.Segment;
  table[0x66] = Lead.OperandSize;
  table[0x67] = Lead.AddressSize;
  table[0xf0] = Lead.Lock;
  table[0xf2] = Lead.Repne;
  table[0xf3] = Lead.Rep;
  for (let byte = 0x40; byte < 0x50; byte++) table[byte] = Lead.Rex;
  return table;
})();

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

const fail = (into: Instruction, error: DecodeError, length: number): number => {
  into.error = error;
  into.length = length;
  into.form = 0;
  into.mnemonic = 0;
  into.opCount = 0;
  into.prefixes = 0;
  into.segmentPrefix = Register.None;
  clearFrom(into, 0);
  return length;
};

/** The bytes ended at `limit`: cut off by the caller, or by the limit of 15. */
const ended = (into: Instruction, offset: number, end: number): number =>
  end - offset >= 15 ? fail(into, DecodeError.TooLong, 15) : fail(into, DecodeError.Truncated, end - offset);

const int32 = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

const byteRegister = (number: number, extension: number, rex: number): number => {
  const full = number | extension;
  if (full >= 8) return Register.R8B + full - 8;
  return rex !== 0 && full >= 4 ? Register.SPL + full - 4 : Register.AL + full;
};

/** In 64-bit code only FS and GS override. */
const effectiveSegment = (override: number, standard: number, long: boolean): number =>
  override === Register.None || (long && override < Register.FS) ? standard : override;

/** Target of a relative branch `length` bytes after the start, truncated to `size` bytes. */
function setTarget(into: Instruction, length: number, displacement: number, size: number): void {
  const base = (into.ipLow >>> 0) + length;
  const sum = base + (displacement >>> 0);
  const low = sum | 0;
  if (size === 8) {
    into.targetLow = low;
    // Carries out of the low half, and the sign of the displacement.
    into.targetHigh = (into.ipHigh + (displacement >> 31) + Math.floor(sum / 0x1_0000_0000)) | 0;
  } else {
    into.targetLow = size === 2 ? low & 0xffff : low;
    into.targetHigh = 0;
  }
}

/** RIP-relative: the displacement becomes the address. */
function makeAbsolute(into: Instruction): void {
  const sum = (into.ipLow >>> 0) + into.length + (into.memDispLow >>> 0);
  if (into.memBase === Register.RIP)
    into.memDispHigh = (into.ipHigh + into.memDispHigh + Math.floor(sum / 0x1_0000_0000)) | 0;
  else into.memDispHigh = 0;
  into.memDispLow = sum | 0;
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
 * The memory operand of a ModR/M byte. Returns the offset behind it, or -1 at the end of the bytes.
 * `scale` is N of disp8*N (0: 1); `vectorIndex` is the first index register of VSIB (0: a general register).
 */
function decodeMemory(
  bytes: Uint8Array,
  start: number,
  limit: number,
  modrm: number,
  addressSize: number,
  long: boolean,
  extB: number,
  extX: number,
  scale: number,
  segment: number,
  vectorIndex: number,
  into: Instruction,
): number {
  let pos = start;
  const mod = modrm >> 6;
  let rm = modrm & 7;
  let base: number = Register.None;
  let size = mod === 1 ? 1 : 0;
  let standard: number = Register.DS;
  if (addressSize === 0) {
    if (mod === 0 && rm === 6) size = 2;
    else {
      base = base16[rm]!;
      into.memIndex = index16[rm]!;
      if (mod === 2) size = 2;
    }
    if (base === Register.BP) standard = Register.SS;
  } else {
    const first = addressSize === 2 ? Register.RAX : Register.EAX;
    let index = 4;
    if (rm === 4) {
      if (pos >= limit) return -1;
      const sib = bytes[pos++]!;
      rm = sib & 7;
      index = ((sib >> 3) & 7) | extX;
      if (vectorIndex !== 0) {
        into.memIndex = vectorIndex + index;
        into.memScale = 1 << (sib >> 6);
      } else if (index !== 4) {
        into.memIndex = first + index;
        into.memScale = 1 << (sib >> 6);
      } else into.memScale = 1 << (sib >> 6);
      if (mod === 0 && rm === 5) size = 4;
      else {
        base = first + (rm | extB);
        // rSP and rBP, not R12 and R13.
        if (extB === 0 && (rm === 4 || rm === 5)) standard = Register.SS;
      }
    } else if (mod === 0 && rm === 5) {
      size = 4;
      if (long) base = addressSize === 2 ? Register.RIP : Register.EIP;
    } else {
      base = first + (rm | extB);
      if (extB === 0 && rm === 5) standard = Register.SS;
    }
    if (mod === 2) size = 4;
  }
  into.memBase = base;
  into.memSegment = effectiveSegment(segment, standard, long);
  if (size !== 0) {
    if (pos + size > limit) return -1;
    let displacement: number;
    if (size === 1) {
      displacement = (bytes[pos]! << 24) >> 24;
      if (scale !== 0) displacement *= scale;
    } else if (size === 2) displacement = ((bytes[pos]! << 16) | (bytes[pos + 1]! << 24)) >> 16;
    else displacement = int32(bytes, pos);
    into.memDispLow = displacement;
    into.memDispHigh = displacement >> 31;
    into.memDispSize = size;
    pos += size;
  }
  return pos;
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
  into.memSegment = Register.None;
  into.memBase = Register.None;
  into.memIndex = Register.None;
  into.memScale = 1;
  into.memDispLow = 0;
  into.memDispHigh = 0;
  into.memDispSize = 0;
  into.memSize = 0;
  into.immLow = 0;
  into.immHigh = 0;
  into.immSize = 0;
  into.dispOffset = 0;
  into.immOffset = 0;
  into.opmask = 0;
  into.zeroing = false;
  into.broadcast = false;
  into.rounding = 0;
  into.sae = false;

  if (end > bytes.length) end = bytes.length;
  const limit = end - offset > 15 ? offset + 15 : end;
  const long = bitness === 64;
  let pos = offset;
  let prefixes = 0;
  let segment: number = Register.None;
  /** None, 66, F3, F2: what a mandatory prefix would be. */
  let prefix = 0;
  let rex = 0;
  let byte = 0;

  for (;;) {
    if (pos >= limit) return pos === offset ? fail(into, DecodeError.Truncated, 0) : ended(into, offset, end);
    byte = bytes[pos++]!;
    const lead = leads[byte]!;
    if (lead === 0) break;
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

  let addressSize = long
    ? prefixes & Prefix.AddressSize
      ? 1
      : 2
    : (bitness === 32) === ((prefixes & Prefix.AddressSize) === 0)
      ? 1
      : 0;
  // Extension bits, already shifted to be or-ed to a register number.
  let extR = (rex & 4) << 1;
  let extX = (rex & 2) << 2;
  let extB = (rex & 1) << 3;
  let w = (rex >> 3) & 1;
  if (rex !== 0) prefixes |= w ? Prefix.Rex | Prefix.RexW : Prefix.Rex;

  /** 0 legacy, 1 VEX or XOP, 2 EVEX. */
  let vector = 0;
  let vvvv = 0;
  let length = 0;
  let extR2 = 0;
  let extV2 = 0;
  let evex = 0;
  let slot = byte;

  if (byte === 0x0f) {
    if (pos >= limit) return ended(into, offset, end);
    byte = bytes[pos++]!;
    slot = (OpcodeMap.Legacy0f << 8) | byte;
    const taken = byte === 0x38 ? DecodeOption.Cyrix : DecodeOption.Cyrix | DecodeOption.CyrixDmi;
    if ((byte === 0x38 || byte === 0x3a) && (long || (options & taken) === 0)) {
      if (pos >= limit) return ended(into, offset, end);
      slot = ((byte === 0x38 ? OpcodeMap.Legacy0f38 : OpcodeMap.Legacy0f3a) << 8) | bytes[pos]!;
      byte = bytes[pos++]!;
    }
  } else if (byte === 0xc4 || byte === 0xc5 || byte === 0x62 || byte === 0x8f) {
    if (pos >= limit) return ended(into, offset, end);
    const first = bytes[pos]!;
    const isVector = byte === 0x8f ? (first & 0x1f) >= 8 : long || first >= 0xc0;
    if (isVector) {
      if ((prefixes & (Prefix.Lock | Prefix.Rep | Prefix.Repne | Prefix.OperandSize)) !== 0 || rex !== 0)
        return fail(into, DecodeError.Invalid, pos - offset);
      const kind = byte;
      const count = kind === 0xc5 ? 2 : kind === 0x62 ? 4 : 3;
      if (pos + count > limit) return ended(into, offset, end);
      pos++;
      let map = 0;
      if (kind === 0xc5) {
        extR = (~first >> 4) & 8;
        vvvv = (~first >> 3) & 15;
        length = (first >> 2) & 1;
        prefix = first & 3;
        map = OpcodeMap.Vex + 1;
        vector = 1;
      } else {
        const second = bytes[pos++]!;
        extR = (~first >> 4) & 8;
        extX = (~first >> 3) & 8;
        extB = (~first >> 2) & 8;
        w = second >> 7;
        vvvv = (~second >> 3) & 15;
        prefix = second & 3;
        if (kind === 0x62) {
          const third = bytes[pos++]!;
          vector = 2;
          evex = third;
          length = (third >> 5) & 3;
          extR2 = ~first & 0x10;
          extV2 = (~third & 8) << 1;
          map = (first & 8) !== 0 || (second & 4) === 0 ? -1 : evexMaps[first & 7]!;
          if (map < 0) return fail(into, DecodeError.Invalid, pos - offset);
        } else {
          vector = 1;
          length = (second >> 2) & 1;
          map = first & 31;
          if (kind === 0xc4) map = map >= 1 && map <= 3 ? OpcodeMap.Vex + map : -1;
          else map = map <= 10 ? OpcodeMap.Xop + map - 8 : -1;
          if (map < 0) return fail(into, DecodeError.Invalid, pos - offset);
        }
      }
      // pp is 66, F3, F2 in both numberings.
      if (!long) {
        extR = 0;
        extX = 0;
        extB = 0;
        extR2 = 0;
      }
      byte = bytes[pos++]!;
      slot = (map << 8) | byte;
    }
  }

  let context: number;
  if (vector !== 0) context = long ? 3 : 1;
  else if (long) context = w !== 0 ? 4 : (prefixes & Prefix.OperandSize) !== 0 ? 2 : 3;
  else context = (bitness === 32) === ((prefixes & Prefix.OperandSize) === 0) ? 1 : 0;

  let modrm = -1;
  let entry = roots[slot]!;
  // Most opcodes ask for mode and operand size first, and then for nothing or for ModR/M.reg.
  if (entry < 0 && nodes[-entry] === Selector.Context) entry = nodes[1 - entry + context]!;
  while (entry < 0) {
    const at = 1 - entry;
    const selector = nodes[-entry]!;
    if (
      modrm < 0 &&
      ((selector >= Selector.Mod && selector <= Selector.Rm) || (selector === Selector.Length && evex !== 0))
    ) {
      if (pos >= limit) return ended(into, offset, end);
      modrm = bytes[pos++]!;
    }
    switch (selector) {
      case Selector.Context:
        entry = nodes[at + context]!;
        break;
      case Selector.Prefix:
        entry = nodes[at + prefix]!;
        break;
      case Selector.W:
        entry = nodes[at + w]!;
        break;
      case Selector.Length:
        // With a register operand EVEX.b turns L'L into the rounding mode of a 512-bit operation.
        entry = nodes[at + ((evex & 0x10) !== 0 && modrm >= 0xc0 ? 2 : length)]!;
        break;
      case Selector.Mod:
        entry = nodes[at + (modrm >= 0xc0 ? 1 : 0)]!;
        break;
      case Selector.Reg:
        entry = nodes[at + ((modrm >> 3) & 7)]!;
        break;
      case Selector.Rm:
        entry = nodes[at + (modrm & 7)]!;
        break;
      case Selector.AddressSize:
        entry = nodes[at + addressSize]!;
        break;
      case Selector.B:
        entry = nodes[at + (extB !== 0 ? 1 : 0)]!;
        break;
      default:
        entry = nodes[at + ((options >> (selector - Selector.Option)) & 1)]!;
    }
  }

  const now3d = slot === ((OpcodeMap.Legacy0f << 8) | 0x0f) && (options & DecodeOption.Udbg) === 0;
  if (entry === 0 && !now3d) return fail(into, DecodeError.Invalid, pos - offset);
  if (now3d) entry = now3dShape;
  let row = entry << 2;
  const flags = formTable[row + 2]!;
  if (modrm < 0 && (flags & FormFlag.ModRm) !== 0) {
    if (pos >= limit) return ended(into, offset, end);
    modrm = bytes[pos++]!;
  }
  if ((flags & (FormFlag.MandatoryF2 | FormFlag.MandatoryF3)) !== 0)
    prefixes &= (flags & FormFlag.MandatoryF3) !== 0 ? ~Prefix.Rep : ~Prefix.Repne;

  const inMemory = modrm >= 0 && modrm < 0xc0 && (flags & FormFlag.AnyMod) === 0;
  if ((flags & FormFlag.Mpx) !== 0) {
    if (long) addressSize = 2;
    if (addressSize === 0 && inMemory) return fail(into, DecodeError.Invalid, pos - offset);
    if (long && (flags & FormFlag.NoRip) !== 0 && (modrm & 0xc7) === 5)
      return fail(into, DecodeError.Invalid, pos - offset);
  }
  if (inMemory) {
    let scale = 0;
    if (vector === 2) {
      const broadcast = (evex >> 4) & 1;
      scale = tupleScale[(((flags >> tupleShift) & 31) << 1) | broadcast]!;
    }
    let vectorIndex = 0;
    if ((flags & FormFlag.Vsib) !== 0) {
      if (addressSize === 0) return fail(into, DecodeError.Invalid, pos - offset);
      let at = formTable[row + 1]! * 5;
      while ((operandTable[at]! & 0xff) !== Operand.Vsib) at++;
      vectorIndex = (operandTable[at]! >> 8) + extV2;
    }
    const next = decodeMemory(
      bytes,
      pos,
      limit,
      modrm,
      addressSize,
      long,
      extB,
      extX,
      scale,
      segment,
      vectorIndex,
      into,
    );
    if (next < 0) return ended(into, offset, end);
    if (into.memDispSize !== 0) into.dispOffset = next - into.memDispSize - offset;
    pos = next;
  }
  if (now3d) {
    if (pos >= limit) return ended(into, offset, end);
    entry = roots[(OpcodeMap.Now3d << 8) | bytes[pos++]!]!;
    while (entry < 0) {
      const selector = nodes[-entry]!;
      entry =
        nodes[1 - entry + (selector === Selector.Context ? context : (options >> (selector - Selector.Option)) & 1)]!;
    }
    if (entry <= 0) return fail(into, DecodeError.Invalid, pos - offset);
    row = entry << 2;
  }

  const memory = formTable[row + 3]!;
  if (inMemory) into.memSize = memoryBytes[memory & 0xff]!;

  if (vector !== 0) {
    // V' extends the index of VSIB, whatever vvvv does; outside 64-bit code it must stay clear.
    if (!long && extV2 !== 0) return fail(into, DecodeError.Invalid, pos - offset);
    if ((flags & FormFlag.Vvvv) === 0 && (vvvv | ((flags & FormFlag.Vsib) !== 0 ? 0 : extV2)) !== 0)
      return fail(into, DecodeError.Invalid, pos - offset);
    if (!long) vvvv &= 7;
    if (vector === 2) {
      const mask = evex & 7;
      into.opmask = mask;
      into.zeroing = evex >= 0x80;
      if (mask !== 0 && (flags & FormFlag.Mask) === 0) return fail(into, DecodeError.Invalid, pos - offset);
      if (mask === 0 && (flags & FormFlag.MaskRequired) !== 0) return fail(into, DecodeError.Invalid, pos - offset);
      if (evex >= 0x80) {
        if ((flags & FormFlag.Zeroing) === 0 || mask === 0) {
          return fail(into, DecodeError.Invalid, pos - offset);
        }
      }
      if ((evex & 0x10) !== 0) {
        if (inMemory) {
          if ((flags & FormFlag.Broadcast) !== 0) {
            into.broadcast = true;
            into.memSize = (memory >> 8) & 0xff;
          } else return fail(into, DecodeError.Invalid, pos - offset);
        } else if ((flags & FormFlag.Rounding) !== 0) {
          into.rounding = length + 1;
        } else if ((flags & FormFlag.Sae) !== 0) into.sae = true;
        else return fail(into, DecodeError.Invalid, pos - offset);
      } else if (length === 3) return fail(into, DecodeError.Invalid, pos - offset);
    }
  }

  if ((flags & FormFlag.No66) !== 0 && (prefixes & Prefix.OperandSize) !== 0)
    return fail(into, DecodeError.Invalid, pos - offset);

  // Operands.
  const count = memory >> 16;
  let operand = formTable[row + 1]! * 5;
  for (let index = 0; index < count; index++, operand++) {
    const code = operandTable[operand]!;
    const argument = (code >> 8) & 0xfff;
    let kind: OpKind = OpKind.Register;
    let register = 0;
    const place = code & 0xff;
    if (place === Operand.Reg && extR2 === 0) register = argument + (((modrm >> 3) & 7) | extR);
    else if (place === Operand.Rm && inMemory) kind = OpKind.Memory;
    else
      switch (place) {
        case Operand.Fixed:
          register = argument;
          break;
        case Operand.Reg:
          // There are no general registers 16–31.
          if (extR2 !== 0 && argument < Register.XMM0) return fail(into, DecodeError.Invalid, pos - offset);
          register = argument + (((modrm >> 3) & 7) | extR | extR2);
          break;
        case Operand.Rm:
        case Operand.RmMpx:
          if (inMemory) kind = OpKind.Memory;
          else register = argument + ((modrm & 7) | extB | (vector === 2 && argument >= Register.XMM0 ? extX << 1 : 0));
          break;
        case Operand.Reg8:
          register = byteRegister((modrm >> 3) & 7, extR, rex);
          break;
        case Operand.Rm8:
          if (inMemory) kind = OpKind.Memory;
          else register = byteRegister(modrm & 7, extB, rex);
          break;
        case Operand.Memory:
        case Operand.MemoryMpx:
        case Operand.MemoryMib:
        case Operand.MemorySib:
          kind = OpKind.Memory;
          break;
        case Operand.OpcodeReg:
          register = argument + ((byte & 7) | extB);
          break;
        case Operand.OpcodeReg8:
          register = byteRegister(byte & 7, extB, rex);
          break;
        case Operand.Vvvv:
        case Operand.VvvvBlock:
          register = argument + (vvvv | extV2);
          break;
        case Operand.Is4: {
          if (into.immOffset === 0) {
            if (pos >= limit) return ended(into, offset, end);
            into.immOffset = pos - offset;
            into.immSize = 1;
            into.immLow = bytes[pos++]!;
          }
          register = argument + ((into.immLow >> 4) & (long ? 15 : 7));
          break;
        }
        case Operand.Imm4:
          kind = OpKind.Immediate;
          if (into.immOffset === 0) {
            if (pos >= limit) return ended(into, offset, end);
            into.immOffset = pos - offset;
            into.immSize = 1;
            into.immLow = bytes[pos++]!;
          }
          into.immLow &= 15;
          break;
        case Operand.Reg3:
          register = argument + ((modrm >> 3) & 7);
          break;
        case Operand.Rm3:
          if (inMemory) kind = OpKind.Memory;
          else register = argument + (modrm & 7);
          break;
        case Operand.Segment:
          register = Register.ES + ((modrm >> 3) & 7);
          if (register > Register.GS || (code >> 20 !== 0 && register === Register.CS))
            return fail(into, DecodeError.Invalid, pos - offset);
          break;
        case Operand.Control: {
          let number = ((modrm >> 3) & 7) | extR;
          if ((prefixes & Prefix.Lock) !== 0 && (options & DecodeOption.Amd) !== 0) {
            number |= 8;
            // LOCK has become a bit of the register number.
            prefixes &= ~Prefix.Lock;
          }
          if (number !== 0 && number !== 2 && number !== 3 && number !== 4 && number !== 8)
            return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.CR0 + number;
          break;
        }
        case Operand.Debug:
          if (extR !== 0) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.DR0 + (((modrm >> 3) & 7) | extR);
          break;
        case Operand.Test:
          register = Register.TR0 + ((modrm >> 3) & 7);
          break;
        case Operand.MaskReg:
          if (extR + extR2 !== 0) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.K0 + ((modrm >> 3) & 7);
          break;
        case Operand.MaskVvvv:
          if (vvvv > 7) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.K0 + (vvvv & 7);
          break;
        case Operand.BoundReg:
          if ((((modrm >> 3) & 7) | extR) > 3) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.BND0 + ((modrm >> 3) & 3);
          break;
        case Operand.BoundRm:
          if (inMemory) kind = OpKind.Memory;
          else {
            if (((modrm & 7) | extB) > 3) return fail(into, DecodeError.Invalid, pos - offset);
            register = Register.BND0 + (modrm & 3);
          }
          break;
        case Operand.TileReg:
          if (extR !== 0) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.TMM0 + ((modrm >> 3) & 7);
          break;
        case Operand.TileRm:
          if (extB !== 0) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.TMM0 + (modrm & 7);
          break;
        case Operand.TileVvvv:
          if (vvvv > 7) return fail(into, DecodeError.Invalid, pos - offset);
          register = Register.TMM0 + (vvvv & 7);
          break;
        case Operand.Vsib:
          kind = OpKind.Memory;
          break;
        case Operand.Moffs: {
          kind = OpKind.Memory;
          const size = addressSize === 2 ? 8 : addressSize === 1 ? 4 : 2;
          if (pos + size > limit) return ended(into, offset, end);
          into.memDispLow = size === 2 ? ((bytes[pos]! | (bytes[pos + 1]! << 8)) << 16) >> 16 : int32(bytes, pos);
          into.memDispHigh = size === 8 ? int32(bytes, pos + 4) : into.memDispLow >> 31;
          into.memDispSize = size;
          into.dispOffset = pos - offset;
          into.memSegment = effectiveSegment(segment, Register.DS, long);
          into.memSize = memoryBytes[memory & 0xff]!;
          pos += size;
          break;
        }
        case Operand.StringSource:
          kind = OpKind.StringSource;
          into.memSegment = effectiveSegment(segment, Register.DS, long);
          into.memSize = memoryBytes[memory & 0xff]!;
          break;
        case Operand.StringDestination:
          kind = OpKind.StringDestination;
          into.memSize = memoryBytes[memory & 0xff]!;
          break;
        case Operand.MaskDestination:
          kind = OpKind.MaskDestination;
          into.memSegment = effectiveSegment(segment, Register.DS, long);
          into.memSize = memoryBytes[memory & 0xff]!;
          break;
        case Operand.Xlat:
          kind = OpKind.Memory;
          into.memSegment = effectiveSegment(segment, Register.DS, long);
          into.memBase = addressSize === 2 ? Register.RBX : addressSize === 1 ? Register.EBX : Register.BX;
          into.memIndex = Register.AL;
          into.memSize = 1;
          break;
        case Operand.Imm8:
        case Operand.Imm8Signed:
          kind = OpKind.Immediate;
          if (pos >= limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 1;
          into.immLow = bytes[pos++]!;
          if (argument !== 0) {
            const value = (into.immLow << 24) >> 24;
            into.immLow = argument === 2 ? value & 0xffff : value;
            if (argument === 8) into.immHigh = value >> 31;
          }
          break;
        case Operand.Imm8Second:
          kind = OpKind.Immediate2;
          if (pos >= limit) return ended(into, offset, end);
          into.imm2 = bytes[pos++]!;
          break;
        case Operand.Imm16:
          kind = OpKind.Immediate;
          if (pos + 2 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 2;
          into.immLow = bytes[pos]! | (bytes[pos + 1]! << 8);
          pos += 2;
          break;
        case Operand.Imm32:
        case Operand.Imm32Signed64:
          kind = OpKind.Immediate;
          if (pos + 4 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 4;
          into.immLow = int32(bytes, pos);
          if ((code & 0xff) === Operand.Imm32Signed64) into.immHigh = into.immLow >> 31;
          pos += 4;
          break;
        case Operand.Imm64:
          kind = OpKind.Immediate;
          if (pos + 8 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 8;
          into.immLow = int32(bytes, pos);
          into.immHigh = int32(bytes, pos + 4);
          pos += 8;
          break;
        case Operand.One:
          kind = OpKind.Immediate;
          into.immLow = 1;
          break;
        case Operand.Rel8:
          kind = OpKind.NearBranch;
          if (pos >= limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 1;
          pos++;
          setTarget(into, pos - offset, (bytes[pos - 1]! << 24) >> 24, argument);
          break;
        case Operand.Rel16:
          kind = OpKind.NearBranch;
          if (pos + 2 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 2;
          pos += 2;
          setTarget(
            into,
            pos - offset,
            ((bytes[pos - 2]! << 16) | (bytes[pos - 1]! << 24)) >> 16,
            argument || (long ? 8 : 4),
          );
          break;
        case Operand.Rel32:
          kind = OpKind.NearBranch;
          if (pos + 4 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 4;
          pos += 4;
          setTarget(into, pos - offset, int32(bytes, pos - 4), argument || (long ? 8 : 4));
          break;
        case Operand.Disp16:
          kind = OpKind.NearBranch;
          if (pos + 2 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 2;
          into.targetLow = bytes[pos]! | (bytes[pos + 1]! << 8);
          into.targetHigh = 0;
          pos += 2;
          break;
        case Operand.Disp32:
          kind = OpKind.NearBranch;
          if (pos + 4 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = 4;
          into.targetLow = int32(bytes, pos);
          into.targetHigh = 0;
          pos += 4;
          break;
        case Operand.Far16:
        case Operand.Far32: {
          kind = OpKind.FarBranch;
          const size = (code & 0xff) === Operand.Far16 ? 2 : 4;
          if (pos + size + 2 > limit) return ended(into, offset, end);
          into.immOffset = pos - offset;
          into.immSize = size;
          into.targetLow = size === 2 ? bytes[pos]! | (bytes[pos + 1]! << 8) : int32(bytes, pos);
          into.targetHigh = 0;
          pos += size;
          into.farSelector = bytes[pos]! | (bytes[pos + 1]! << 8);
          pos += 2;
          break;
        }
      }
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
  // What lies beyond the operands of the instruction before is clear already.
  if (into.opCount > count) clearFrom(into, count);

  if ((prefixes & Prefix.Lock) !== 0) {
    if ((flags & FormFlag.Lock) === 0 || into.opKind0 !== OpKind.Memory)
      return fail(into, DecodeError.Invalid, pos - offset);
  }
  if (into.zeroing && into.opKind0 === OpKind.Memory) return fail(into, DecodeError.Invalid, pos - offset);
  if ((flags & (FormFlag.Unique | FormFlag.UniqueDestination)) !== 0 && clashes(into, flags))
    return fail(into, DecodeError.Invalid, pos - offset);

  into.error = DecodeError.None;
  into.form = entry;
  into.mnemonic = formTable[row]!;
  into.opCount = count;
  into.prefixes = prefixes;
  into.segmentPrefix = segment;
  into.addressSize = 16 << addressSize;
  const size = (flags >> operandSizeShift) & 3;
  into.operandSize = size !== 0 ? 8 << size : context === 0 || context === 2 ? 16 : context === 4 ? 64 : 32;
  into.length = pos - offset;
  if (into.memBase === Register.RIP || into.memBase === Register.EIP) makeAbsolute(into);
  return pos - offset;
}
