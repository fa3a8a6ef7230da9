/** What two results may differ in: flags and bytes that the manuals leave undefined, the last bit of transcendentals. */
import { type Instruction, mnemonicNames, OpKind, Register, registerSize } from "x86-decode";
import { Flag, flagUse } from "x86-decode/info";
import { gprNumber } from "x86-lift";
import { At, RFLAGS_STATUS } from "./case-state.ts";

const CF = 0x001;
const AF = 0x010;
const OF = 0x800;
const bits: readonly (readonly [number, number])[] = [
  [Flag.OF, OF],
  [Flag.SF, 0x080],
  [Flag.ZF, 0x040],
  [Flag.AF, AF],
  [Flag.CF, CF],
  [Flag.PF, 0x004],
];

const rflags = (flags: number): number => bits.reduce((mask, [flag, bit]) => mask | ((flags & flag) !== 0 ? bit : 0), 0);

/** RFLAGS bits that the row leaves undefined for these operands; `cl` is CL at the start. */
export function undefinedFlags(insn: Instruction, cl: number): number {
  const name = mnemonicNames[insn.mnemonic]!;
  const mask = rflags(flagUse(insn).undefined) & RFLAGS_STATUS;
  if (!/^(sh[lr]d?|sal|sar|ro[lr]|rc[lr])$/.test(name)) return mask;
  const last = insn.opCount - 1;
  const byCl = insn.opKind(last) === OpKind.Register;
  const size = insn.opKind0 === OpKind.Memory ? insn.memSize : registerSize(insn.opReg0);
  const count = (byCl ? cl : insn.opKind(last) === OpKind.Immediate ? insn.immLow : 1) & (size === 8 ? 63 : 31);
  if (count === 0) return 0;
  const rotates = /^r/.test(name);
  let undefinedNow = rotates ? 0 : AF;
  if (count !== 1) undefinedNow |= OF;
  if (/^(shl|shr|sal)$/.test(name) && count >= 8 * size) undefinedNow |= CF;
  return undefinedNow;
}

/** SHLD and SHRD of 16 bits by more than 16: the destination and all flags are undefined. BSWAP of 16 bits: the result. */
export function undefinedResult(insn: Instruction, cl: number): boolean {
  const name = mnemonicNames[insn.mnemonic]!;
  const size = insn.opKind0 === OpKind.Memory ? insn.memSize : registerSize(insn.opReg0);
  if (name === "bswap") return size === 2;
  if (name !== "shld" && name !== "shrd") return false;
  return ((insn.opKind(2) === OpKind.Register ? cl : insn.immLow) & 31) > 16 && size === 2;
}

export const isWidePushOfSegment = (insn: Instruction): boolean =>
  mnemonicNames[insn.mnemonic] === "push" && insn.opReg0 >= Register.ES && insn.opReg0 <= Register.GS && insn.bitness !== 64 && insn.operandSize === 32;

/** Byte ranges of the memory image that hold pointers to the last x87 instruction, or what no processor promises. */
export function ignoredImage(insn: Instruction): readonly (readonly [from: number, to: number])[] {
  const name = mnemonicNames[insn.mnemonic]!;
  if (/^fn?(stenv|save)$/.test(name)) return insn.operandSize === 16 ? [[6, 14]] : [[2, 4], [6, 8], [10, 28]];
  // 32-bit PUSH of a segment register may write two bytes or four.
  if (isWidePushOfSegment(insn)) return [[2, 4]];
  // Pointers; the mask of MXCSR (AMD has bit 17).
  if (/^fxsave/.test(name)) return [[5, 24], [28, 32]];
  return [];
}

const transcendental = /^(fsin|fcos|fsincos|fptan|fpatan|f2xm1|fyl2x|fyl2xp1)$/;
export const isTranscendental = (insn: Instruction): boolean => transcendental.test(mnemonicNames[insn.mnemonic]!);

/** Steps between two 80-bit numbers of one sign; huge for anything else. */
export function unitsApart(a: Uint8Array, b: Uint8Array, at: number): bigint {
  const ordinal = (bytes: Uint8Array): bigint => {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, 16);
    return (BigInt(view.getUint16(8, true)) << 63n) | BigInt.asUintN(63, view.getBigUint64(0, true));
  };
  const difference = ordinal(a) - ordinal(b);
  return difference < 0n ? -difference : difference;
}

/** Where in a result record two runs differ, in words; undefined when nothing that counts does. */
export function difference(insn: Instruction, record: Uint8Array, expected: Uint8Array, actual: Uint8Array, onUnits?: (units: bigint) => void): string | undefined {
  const start = new DataView(record.buffer, record.byteOffset);
  const e = new DataView(expected.buffer, expected.byteOffset);
  const a = new DataView(actual.buffer, actual.byteOffset);
  const cl = record[At.gpr + 8]!;
  const mode = start.getUint32(At.mode, true);
  if (e.getInt32(At.trap, true) !== a.getInt32(At.trap, true)) return "exception";
  const trap = e.getInt32(At.trap, true);
  if (e.getBigUint64(At.rip, true) !== a.getBigUint64(At.rip, true)) return "rip";
  if (trap >= 0) {
    // Linux shows what lies above user space as present, whatever is there.
    const cr2 = e.getBigUint64(At.cr2, true);
    const hidden = cr2 >= 0x7fff_ffff_f000n ? 1 : 0;
    if ((e.getUint32(At.error, true) | hidden) !== (a.getUint32(At.error, true) | hidden)) return "error code";
    if (cr2 !== a.getBigUint64(At.cr2, true)) return "cr2";
  }
  if (trap < 0 && undefinedResult(insn, cl)) return undefined;
  const registers = mode === 64 ? 16 : 8;
  for (let i = 0; i < registers; i++) {
    if (e.getUint32(At.gpr + 8 * i, true) !== a.getUint32(At.gpr + 8 * i, true)) return `register ${i}`;
    if (mode === 64 && e.getUint32(At.gpr + 8 * i + 4, true) !== a.getUint32(At.gpr + 8 * i + 4, true)) return `register ${i}`;
  }
  const mask = trap < 0 ? undefinedFlags(insn, cl) : mnemonicNames[insn.mnemonic]!.endsWith("div") ? RFLAGS_STATUS : 0;
  const flags = (e.getUint32(At.rflags, true) ^ a.getUint32(At.rflags, true)) & ~mask;
  if (flags !== 0) return `flags ${flags.toString(16)}`;
  if (e.getUint16(At.fcw, true) !== a.getUint16(At.fcw, true)) return "fcw";
  const soft = trap < 0 && isTranscendental(insn);
  if (((e.getUint16(At.fsw, true) ^ a.getUint16(At.fsw, true)) & (soft ? ~0x200 : ~0)) !== 0) return "fsw";
  if (expected[At.tags] !== actual[At.tags]) return "tags";
  if (e.getUint32(At.mxcsr, true) !== a.getUint32(At.mxcsr, true)) return "mxcsr";
  for (let i = 0; i < 8; i++) {
    const at = At.st + 16 * i;
    let same = true;
    for (let j = 0; j < 10 && same; j++) same = expected[at + j] === actual[at + j];
    if (same) continue;
    if (!soft) return `st${i}`;
    const units = unitsApart(expected, actual, at);
    onUnits?.(units);
    if (units > 1n) return `st${i} by ${units}`;
  }
  const xmm = At.xmm;
  for (let i = xmm; i < xmm + 256; i++) if (expected[i] !== actual[i]) return `xmm${(i - xmm) >> 4}`;
  return memoryDifference(insn, record, expected, actual);
}

const memoryOf = (record: Uint8Array, result: Uint8Array, from: number, to: number): Uint8Array => {
  const page = new Uint8Array(4096);
  const before = new DataView(record.buffer, record.byteOffset);
  for (let i = 0; i < 2; i++) {
    const length = before.getUint32(At.windows + 8 * i + 4, true);
    const at = At.bytes + 592 * i;
    if (length > 0) page.set(record.subarray(at, at + length), before.getUint32(At.windows + 8 * i, true));
  }
  const after = new DataView(result.buffer, result.byteOffset);
  const length = after.getUint32(At.windows + 4, true);
  if (length > 0) page.set(result.subarray(At.bytes, At.bytes + length), after.getUint32(At.windows, true));
  return page.subarray(from, to);
};

function memoryDifference(insn: Instruction, record: Uint8Array, expected: Uint8Array, actual: Uint8Array): string | undefined {
  const e = new DataView(expected.buffer, expected.byteOffset);
  const a = new DataView(actual.buffer, actual.byteOffset);
  const length = e.getUint32(At.windows + 4, true);
  if (length === 0 && a.getUint32(At.windows + 4, true) === 0) return undefined;
  const ignored = ignoredImage(insn);
  if (
    ignored.length === 0 &&
    e.getUint32(At.windows, true) === a.getUint32(At.windows, true) &&
    length === a.getUint32(At.windows + 4, true)
  ) {
    const end = At.bytes + length;
    return Buffer.compare(expected.subarray(At.bytes, end), actual.subarray(At.bytes, end)) === 0 ? undefined : "memory";
  }
  const want = memoryOf(record, expected, 0, 4096);
  const got = memoryOf(record, actual, 0, 4096);
  // The image starts where the operand was, which is where either began to change, or before.
  const image = ignored.length === 0 ? 0 : isWidePushOfSegment(insn) ? a.getUint32(At.gpr + 32, true) & 0xfff : operandAt(record, insn);
  for (let i = 0; i < 4096; i++) {
    if (want[i] === got[i]) continue;
    if (ignored.some(([from, to]) => i - image >= from && i - image < to)) continue;
    return "memory";
  }
  return undefined;
}

/** Page offset of the operand: the draw fills from 16 bytes before it, rounded down. */
const operandAt = (record: Uint8Array, insn: Instruction): number => operandAddress(record, insn) & 0xfff;

function operandAddress(record: Uint8Array, insn: Instruction): number {
  const view = new DataView(record.buffer, record.byteOffset);
  const read = (register: number): number => (register < 0 ? 0 : view.getUint32(At.gpr + 8 * register, true));
  let displacement = 0;
  for (let i = 0; i < insn.memDispSize; i++) displacement |= record[At.code + insn.dispOffset + i]! << (8 * i);
  if (insn.memDispSize === 1) displacement = (displacement << 24) >> 24;
  if (insn.memDispSize === 2) displacement = (displacement << 16) >> 16;
  const number = (register: number): number => (register === 0 ? -1 : registerNumber(register));
  if (insn.memBase !== 0 && isIp(insn.memBase)) return view.getUint32(At.rip, true) + insn.length + displacement;
  return read(number(insn.memBase)) + Math.imul(read(number(insn.memIndex)), insn.memScale) + displacement;
}

const isIp = (register: number): boolean => register === Register.RIP || register === Register.EIP;
const registerNumber = (register: number): number => gprNumber(register);
