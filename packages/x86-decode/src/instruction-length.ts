import { decodeInstruction } from "./decode.ts";
import { Lead as leadNumbers, leads as leadTable, contextRoots as rootsByContext } from "./decode-tables.ts";
import { DecodeError, type Instruction } from "./instruction.ts";
import { FormFlag, Selector as selectors } from "./opcodes.ts";
import { operandPlans, PlanBit, PlanTrait, PlanWord, planWords, Tail, TailTarget } from "./operand-plan.ts";
import { formTable, nodes as nodeWords, roots } from "./tables.gen.ts";

// Constants of this module's own: see decode.ts.
const contextRoots = rootsByContext;
const Lead = leadNumbers;
const leads = leadTable;
const nodes = nodeWords;
const mapSize = roots.length;
const Selector = selectors;

/** The most that is looked at before the end of the bytes is thought of: 4 prefixes, opcode, SIB, displacement, immediate. */
const window = 24;
/** Prefixes beyond these are left to the decoder. */
const quickPrefixes = 4;

/** In `tails`: the form has a ModR/M byte; only the decoder can say whether it is valid. */
const hasModRm = 0x10;
const needsDecoder = 0x20;

/** Bytes behind ModR/M and address by form, with the two bits above. */
const tails: Uint8Array = /* @__PURE__ */ (() => {
  const table = new Uint8Array(formTable.length / 4).fill(needsDecoder);
  const checked = FormFlag.Mpx | FormFlag.No66 | FormFlag.AnyMod | FormFlag.Vsib | FormFlag.Unique;
  for (let form = 1; form < table.length; form++) {
    const flags = formTable[form * 4 + 2]!;
    const plan = operandPlans.subarray(formTable[form * 4 + 1]! * 2 * planWords);
    const tail = plan[PlanWord.Tail]!;
    const target = tail >> Tail.Target;
    const isRare = plan.subarray(0, PlanWord.Tail).some((word) => (word & PlanBit.Rare) !== 0);
    if ((flags & checked) !== 0 || isRare || target === TailTarget.Moffs) continue;
    const second = (plan[PlanWord.Traits]! & PlanTrait.SecondImmediate) !== 0 ? 1 : 0;
    const selector = target === TailTarget.Far ? 2 : 0;
    table[form] = (tail & Tail.Size) + second + selector + ((flags & FormFlag.ModRm) !== 0 ? hasModRm : 0);
  }
  return table;
})();

/** Bytes of ModR/M, SIB and displacement by ModR/M: 32- and 64-bit addressing, then 16-bit; 0x80: SIB may have a base or four bytes more. */
const addressLengths: Uint8Array = /* @__PURE__ */ (() => {
  const table = new Uint8Array(512);
  for (let modrm = 0; modrm < 256; modrm++) {
    const mod = modrm >> 6;
    const rm = modrm & 7;
    const wide = mod === 1 ? 1 : mod === 2 || (mod === 0 && rm === 5) ? 4 : 0;
    table[modrm] = mod === 3 ? 1 : rm === 4 ? (mod === 0 ? 0x82 : 2 + wide) : 1 + wide;
    table[256 + modrm] = mod === 3 ? 1 : mod === 1 ? 2 : mod === 2 || rm === 6 ? 3 : 1;
  }
  return table;
})();

/** Length of a valid instruction of the common sort with `window` bytes to look at, or 0: ask the decoder. */
function quickLength(bytes: Uint8Array, offset: number, bitness: number): number {
  const long = bitness === 64;
  let pos = offset;
  let rex = 0;
  let operandSize = 0;
  let prefix = 0;
  let addressSize = bitness >> 5;
  let byte = bytes[pos++]!;
  for (let lead = leads[byte]!; lead !== 0 && lead !== Lead.Escape; lead = leads[byte]!) {
    if (lead === Lead.Rex) {
      if (!long) break;
      rex = byte;
    } else {
      rex = 0;
      if (lead === Lead.Lock || pos - offset > quickPrefixes) return 0;
      if (lead === Lead.OperandSize) {
        operandSize = 1;
        if (prefix === 0) prefix = 1;
      } else if (lead === Lead.AddressSize) addressSize = bitness === 32 ? 0 : 1;
      else if (lead === Lead.Repne) prefix = 3;
      else if (lead === Lead.Rep) prefix = 2;
    }
    byte = bytes[pos++]!;
  }
  let slot = byte;
  if (byte === 0x0f) {
    byte = bytes[pos++]!;
    slot = 0x100 | byte;
    // The opcode of 3DNow! comes last.
    if (byte === 0x0f) return 0;
    if (byte === 0x38) slot = 0x200 | bytes[pos++]!;
    else if (byte === 0x3a) slot = 0x300 | bytes[pos++]!;
  } else if (leads[byte] === Lead.Escape && (byte === 0x8f || long || bytes[pos]! >= 0xc0)) return 0;

  const w = (rex >> 3) & 1;
  const context = long ? 3 + w - (operandSize & ~w) : (bitness >> 5) ^ operandSize;
  let entry = contextRoots[context * mapSize + slot]!;
  const modrm = bytes[pos]!;
  if (entry < 0) {
    const state =
      (modrm & 0x3f) |
      (((modrm + 0x40) >> 8) << 8) |
      (context << (Selector.Context & 31)) |
      (prefix << (Selector.Prefix & 31)) |
      (w << (Selector.W & 31)) |
      (addressSize << (Selector.AddressSize & 31)) |
      ((rex & 1) << (Selector.B & 31));
    do {
      const selector = nodes[-entry]!;
      // Options are all off.
      entry = nodes[1 - entry + (((selector & 0x100) !== 0 ? 0 : state >> (selector & 31)) & ((selector >> 5) & 7))]!;
    } while (entry < 0);
  }
  const tail = tails[entry]!;
  if (tail >= needsDecoder) return 0;
  pos += tail & 15;
  if ((tail & hasModRm) !== 0) {
    const address = addressLengths[addressSize === 0 ? 256 + modrm : modrm]!;
    pos += address < 0x80 ? address : (bytes[pos - (tail & 15) + 1]! & 7) === 5 ? 6 : 2;
  }
  const length = pos - offset;
  return length > 15 ? 0 : length;
}

/**
 * Length of the instruction at `bytes[offset]`, or 0 if there is no valid one before `end`: half the work of decoding it. What
 * needs a closer look, such as vector instructions and the last bytes before `end`, is decoded into `scratch`; callers
 * that walk code keep one.
 */
export function instructionLength(
  bytes: Uint8Array,
  offset: number,
  end: number,
  bitness: 16 | 32 | 64,
  scratch: Instruction,
  options = 0,
): number {
  if (options === 0 && end - offset >= window && end <= bytes.length) {
    const quick = quickLength(bytes, offset, bitness);
    if (quick !== 0) return quick;
  }
  const length = decodeInstruction(bytes, offset, end, bitness, 0, 0, scratch, options);
  return scratch.error === DecodeError.None ? length : 0;
}
