/** Compares one decode with iced-x86's, field by field. */
import * as iced from "iced-x86";
import { readForms } from "../scripts/generate.ts";
import {
  DecodeError,
  decodeInstruction,
  Instruction,
  mnemonicNames,
  OpKind,
  opSize,
  Prefix,
  Register,
} from "../src/index.ts";

/** iced's number of each of our registers. */
export const registers: number[] = [];
for (const [name, value] of Object.entries(Register)) {
  const theirs = name.replace(/^R(\d+)B$/, "R$1L");
  const number = (iced.Register as unknown as Record<string, number>)[theirs];
  if (number === undefined) throw new Error(`iced has no ${theirs}`);
  registers[value] = number;
}

/** Our kind of each of iced's. */
export const kinds: number[] = [];
for (const [key, value] of Object.entries(iced.OpKind)) {
  if (typeof value !== "number") continue;
  kinds[value] = /^Register/.test(key)
    ? OpKind.Register
    : key === "Memory"
      ? OpKind.Memory
      : /^Immediate8_2nd/.test(key)
        ? OpKind.Immediate2
        : /^Immediate/.test(key)
          ? OpKind.Immediate
          : /^NearBranch/.test(key)
            ? OpKind.NearBranch
            : /^FarBranch/.test(key)
              ? OpKind.FarBranch
              : /^MemorySeg\wSI|^MemorySegSI|^MemorySegESI|^MemorySegRSI/.test(key)
                ? OpKind.StringSource
                : /^MemoryES/.test(key)
                  ? OpKind.StringDestination
                  : OpKind.MaskDestination;
}

const forms = readForms();
/** What iced says of a code, in the words of our rows. */
const codes = new Map<number, string>();
export function describe(code: number): string {
  let text = codes.get(code);
  if (text === undefined) {
    const info = iced.CodeExt.opCode(code);
    text = `${info.opCodeString} | ${info.instructionString}`;
    info.free();
    codes.set(code, text);
  }
  return text;
}
/** The same of one of our forms. */
export function describeForm(form: number): string {
  const { row } = forms[form - 1]!;
  const digits = (_: string, r: string): string => (0xc0 | (parseInt(r, 2) << 3)).toString(16).toUpperCase();
  return `${row.enc.replace(/11:(\d{3}):bbb$/, digits)} | ${row.asm}`;
}
const mnemonics: string[] = [];
for (const [key, value] of Object.entries(iced.Mnemonic))
  if (typeof value === "number") mnemonics[value] = key.toLowerCase();

const widthMask: Readonly<Record<number, bigint>> = { 16: 0xffffn, 32: 0xffff_ffffn, 64: 0xffff_ffff_ffff_ffffn };

export interface Mismatch {
  readonly hex: string;
  readonly bitness: number;
  readonly what: string;
}

/** iced's WebAssembly build looks at 32 bits to find numbers below 10, and writes 0x8000000000000000 as 0. */
export const isCutByIced = (i: Instruction): boolean =>
  (i.immHigh !== 0 && i.immLow >>> 0 < 10) ||
  (i.memDispHigh !== 0 && i.memDispLow >>> 0 < 10) ||
  (i.opKind0 === OpKind.NearBranch && i.targetHigh !== 0 && i.targetLow >>> 0 < 10);

/** Compares through iced's API, property by property. */
export class Oracle {
  readonly mine: Instruction = new Instruction();
  readonly theirs: iced.Instruction = new iced.Instruction();

  /** Compares the decode at `offset` of `bytes` with iced's of the same bytes; undefined if equal. */
  compare(
    bytes: Uint8Array,
    offset: number,
    bitness: 16 | 32 | 64,
    ip: bigint,
    options: number,
    decoder: iced.Decoder,
  ): string | undefined {
    const { mine, theirs } = this;
    const length = decodeInstruction(
      bytes,
      offset,
      bytes.length,
      bitness,
      Number(BigInt.asIntN(32, ip)),
      Number(BigInt.asIntN(32, ip >> 32n)),
      mine,
      options,
    );
    decoder.position = offset;
    decoder.ip = ip;
    decoder.decodeOut(theirs);
    const valid = theirs.code !== 0;
    if (valid !== (mine.error === DecodeError.None))
      return `valid: ${valid} here ${mine.error} (${describe(theirs.code)} / ${this.name()})`;
    if (!valid) return undefined;
    if (length !== theirs.length) return `length ${theirs.length} here ${length} (${describe(theirs.code)})`;
    const row = forms[mine.form - 1]!.row;
    if (describeForm(mine.form) !== describe(theirs.code))
      return `form ${describe(theirs.code)} here ${row.enc} | ${row.asm}`;
    if (mnemonicNames[mine.mnemonic] !== mnemonics[theirs.mnemonic])
      return `mnemonic ${mnemonics[theirs.mnemonic]} here ${mnemonicNames[mine.mnemonic]}`;
    const count = theirs.opCount;
    if (mine.opCount !== count) return `opCount ${count} here ${mine.opCount}`;
    const fail = (what: string, a: unknown, b: unknown): string =>
      `${what} ${String(a)} here ${String(b)} (${row.asm})`;
    for (let i = 0; i < 5; i++) {
      if (i >= count) {
        if (mine.opKind(i) !== OpKind.None) return fail(`kind ${i}`, "none", mine.opKind(i));
        continue;
      }
      const kind = theirs.opKind(i);
      if (kinds[kind] !== mine.opKind(i)) return fail(`kind ${i}`, iced.OpKind[kind], mine.opKind(i));
      switch (kinds[kind]) {
        case OpKind.Register:
          if (registers[mine.opReg(i)] !== theirs.opRegister(i))
            return fail(`register ${i}`, iced.Register[theirs.opRegister(i)], mine.opReg(i));
          break;
        case OpKind.Memory: {
          if (registers[mine.memBase] !== theirs.memoryBase)
            return fail("base", iced.Register[theirs.memoryBase], mine.memBase);
          if (registers[mine.memIndex] !== theirs.memoryIndex)
            return fail("index", iced.Register[theirs.memoryIndex], mine.memIndex);
          if (mine.memScale !== theirs.memoryIndexScale) return fail("scale", theirs.memoryIndexScale, mine.memScale);
          const mask = widthMask[mine.addressSize]!;
          if ((mine.displacement & mask) !== (theirs.memoryDisplacement & mask))
            return fail("displacement", theirs.memoryDisplacement.toString(16), mine.displacement.toString(16));
          break;
        }
        case OpKind.Immediate: {
          const bits = BigInt(opSize(mine, i) * 8);
          if (mine.immediate !== BigInt.asUintN(Number(bits), theirs.immediate(i)))
            return fail(`immediate ${i}`, theirs.immediate(i).toString(16), mine.immediate.toString(16));
          break;
        }
        case OpKind.Immediate2:
          if (BigInt(mine.imm2) !== theirs.immediate(i)) return fail(`immediate ${i}`, theirs.immediate(i), mine.imm2);
          break;
        case OpKind.NearBranch:
          if (mine.branchTarget !== theirs.nearBranchTarget)
            return fail("target", theirs.nearBranchTarget.toString(16), mine.branchTarget.toString(16));
          break;
        case OpKind.FarBranch:
          if (
            mine.farSelector !== theirs.farBranchSelector ||
            mine.targetLow >>> 0 !== (kind === iced.OpKind.FarBranch16 ? theirs.farBranch16 : theirs.farBranch32)
          )
            return fail("far", theirs.farBranchSelector, mine.farSelector);
          break;
      }
      if ([OpKind.Memory, OpKind.StringSource, OpKind.MaskDestination].some((k) => k === kinds[kind])) {
        let segment = theirs.memorySegment;
        // ES, CS, SS and DS prefixes have no effect in 64-bit code: the effective segment is the default one.
        if (bitness === 64 && theirs.segmentPrefix !== 0 && theirs.segmentPrefix < iced.Register.FS) {
          theirs.segmentPrefix = 0;
          segment = theirs.memorySegment;
        }
        if (registers[mine.memSegment] !== segment) return fail("segment", iced.Register[segment], mine.memSegment);
      }
      if (kinds[kind] === OpKind.Memory || kinds[kind]! >= OpKind.StringSource) {
        const size = iced.MemorySizeExt.size(theirs.memorySize);
        if (size !== mine.memSize) return fail("memory size", size, mine.memSize);
      }
    }
    if (theirs.hasLockPrefix !== ((mine.prefixes & Prefix.Lock) !== 0))
      return fail("lock", theirs.hasLockPrefix, mine.prefixes);
    if (mnemonicNames[mine.mnemonic] !== "reservednop" && theirs.hasRepPrefix !== ((mine.prefixes & Prefix.Rep) !== 0))
      return fail("rep", theirs.hasRepPrefix, mine.prefixes);
    // iced drops F2 in front of the reserved NOP 0F 1E, where no mandatory prefix is defined.
    if (
      mnemonicNames[mine.mnemonic] !== "reservednop" &&
      theirs.hasRepnePrefix !== ((mine.prefixes & Prefix.Repne) !== 0)
    )
      return fail("repne", theirs.hasRepnePrefix, mine.prefixes);
    if ((theirs.opMask === 0 ? 0 : theirs.opMask - iced.Register.K0) !== mine.opmask)
      return fail("opmask", theirs.opMask, mine.opmask);
    if (theirs.zeroingMasking !== mine.zeroing) return fail("zeroing", theirs.zeroingMasking, mine.zeroing);
    if (theirs.isBroadcast !== mine.broadcast) return fail("broadcast", theirs.isBroadcast, mine.broadcast);
    if (theirs.roundingControl !== mine.rounding) return fail("rounding", theirs.roundingControl, mine.rounding);
    if (theirs.suppressAllExceptions !== mine.sae) return fail("sae", theirs.suppressAllExceptions, mine.sae);
    const offsets = decoder.getConstantOffsets(theirs);
    const their = [
      offsets.displacementOffset,
      offsets.displacementSize,
      offsets.immediateOffset,
      offsets.immediateSize,
    ];
    const our = [mine.dispOffset, mine.memDispSize, mine.immOffset, mine.immSize];
    offsets.free();
    // The byte that names a register is no constant to iced.
    if (String(their) !== String(our) && !row.enc.endsWith("/is4")) return fail("encoding offsets", their, our);
    return undefined;
  }

  private name(): string {
    const form = forms[this.mine.form - 1];
    return form ? `${form.row.enc} | ${form.row.asm}` : "invalid";
  }
}
