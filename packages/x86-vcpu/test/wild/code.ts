/** Random code and data. */
import { DecodeError, decodeInstruction, Instruction, mnemonicNames, OpKind } from "x86-decode";
import { hasBasedSegments, Place, Selector, STACK_TOP, type WildKind } from "./kinds.ts";
import { pick, type Words, wide } from "./random.ts";

/** Bytes that make code go on a little longer: prefixes, short forms, ModR/M of memory near registers. */
const likely = Uint8Array.of(0x0f, 0x66, 0xf3, 0xf2, 0x48, 0x8b, 0x89, 0x01, 0x31, 0xc0, 0x40, 0x50, 0x58, 0xeb, 0x75);

/** What mostly ends a stretch of code: taken one time in sixteen where instructions are drawn one by one. */
const enders = new Set(
  (
    "hlt int int1 int3 into in out insb insw insd outsb outsw outsd iret iretd iretq retf ret jmp call " +
    "cli sti lldt ltr lgdt lidt lmsw clts invd wbinvd rdmsr wrmsr sysret sysretq sysexit sysexitq mwait monitor ud0 ud1 ud2 vmcall vmmcall"
  ).split(" "),
);

const insn = new Instruction();
const isShort = ({ opKind0, length }: Instruction): boolean => opKind0 === OpKind.NearBranch && length <= 3;

/** Bytes that decode, most of which neither leave the page nor end at once. */
function drawInstruction(bytes: Uint8Array, at: number, bitness: 16 | 32 | 64, word: Words): number {
  for (let tries = 0; tries < 8; tries++) {
    for (let n = 0; n < 12 && at + n < bytes.length; n++) bytes[at + n] = word() & 0xff;
    const first = word();
    if ((first & 3) === 0) bytes[at] = 0x0f;
    else if ((first & 7) === 1) bytes[at] = pick(word, [0x66, 0xf2, 0xf3, 0xf0, 0x48, 0x67]);
    decodeInstruction(bytes, at, bytes.length, bitness, 0, 0, insn);
    if (insn.error !== DecodeError.None) continue;
    const isRare = enders.has(mnemonicNames[insn.mnemonic]!) && !isShort(insn);
    const isFar = insn.opKind0 === OpKind.NearBranch && insn.length > 3;
    const reachesOut = insn.memDispSize > 1 && (insn.memDispLow < -0x8000 || insn.memDispLow > 0xffff);
    if ((isRare || isFar || reachesOut) && (word() & 15) !== 0) continue;
    return insn.length;
  }
  return 1;
}

/** Pieces of 64 bytes, each in one of three manners: any bytes, likely bytes, instruction by instruction. */
export function fillWithCode(bytes: Uint8Array, bitness: 16 | 32 | 64, word: Words): void {
  for (let from = 0; from < bytes.length; from += 64) {
    const manner = word() % 4;
    const to = Math.min(from + 64, bytes.length);
    if (manner >= 2) {
      for (let at = from; at < to; ) at += drawInstruction(bytes, at, bitness, word);
      continue;
    }
    for (let at = from; at < to; at++) {
      const w = word();
      bytes[at] = manner === 1 && (w & 0x300) === 0 ? likely[(w >>> 10) % likely.length]! : w & 0xff;
    }
  }
}

/** What may stand in a register, on a stack or in a structure: addresses near the guest's parts, selectors, flags, numbers. */
export function likelyValue(kind: WildKind, word: Words): bigint {
  const based = hasBasedSegments(kind);
  const near = (base: number, size: number): bigint => BigInt((based ? 0 : base) + (word() % size));
  switch (word() % 24) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
      return near(Place.data, 0xf000);
    case 9:
    case 10:
    case 11:
      return near(Place.stack, 0xf000);
    case 12:
      return (word() & 7) === 0 ? near(Place.code, 0x2000) : near(Place.data, 0xf000);
    case 13:
      return BigInt(pick(word, Object.values(Selector)));
    case 14:
      return BigInt(word() & 0x3f_7fd7);
    case 15:
      return wide(word);
    case 16:
      return BigInt.asUintN(64, -BigInt(word() & 0xff));
    case 17:
      return (word() & 3) === 0 ? BigInt(word() % Place.code) : BigInt(word() & 7);
    case 18:
      return BigInt(word());
    case 19:
      return 1n << BigInt(word() & 63);
    default:
      return BigInt(word() & 0x1ff);
  }
}

/** Eight bytes at a time: a likely value, or two words or four that are. */
export function fillWithData(bytes: Uint8Array, kind: WildKind, word: Words): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const shape = word() % 3;
    if (shape === 0) view.setBigUint64(at, likelyValue(kind, word), true);
    else if (shape === 1)
      for (let n = 0; n < 8; n += 4) view.setUint32(at + n, Number(likelyValue(kind, word) & 0xffff_ffffn), true);
    else for (let n = 0; n < 8; n += 2) view.setUint16(at + n, Number(likelyValue(kind, word) & 0xffffn), true);
  }
}

/** Sixteen sets of registers as the handler pops them. */
export function fillWithRegisters(bytes: Uint8Array, kind: WildKind, word: Words): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step =
    kind.mode === "long" || kind.mode === "compat" ? 8 : kind.mode === "real" || kind.mode === "protected16" ? 2 : 4;
  for (let at = 0; at + 8 <= bytes.length; at += step) {
    const value = likelyValue(kind, word);
    if (step === 8) view.setBigUint64(at, value, true);
    else if (step === 4) view.setUint32(at, Number(value & 0xffff_ffffn), true);
    else view.setUint16(at, Number(value & 0xffffn), true);
  }
}

/** Where the wild code's stack begins. */
export const stackPointer = (kind: WildKind): number => (hasBasedSegments(kind) ? 0 : Place.stack) + STACK_TOP;
