/**
 * Draws cases: an encoding of a form and a starting state in which it is likely to do something. Everything follows
 * from the form, the bitness, a case number and a salt, so vectors need to hold results only.
 */
import { DecodeError, decodeInstruction, Instruction, OpKind, Prefix, Register } from "x86-decode";
import { gprNumber } from "x86-lift";
import { At, CODE_AT, CODE_PAGE, DATA_PAGE, PAGE, RECORD_BYTES } from "./case-state.ts";
import type { Bitness, Encoding, Form } from "./forms.ts";
import { type Flavour, Random } from "./random.ts";

/** So many cases in a row share their encoding, unless the drawer is told otherwise. */
export const CASES_PER_ENCODING = 4;

/** Change it when a draw changes: vectors of another version are refused. */
export const DRAW_VERSION = 1;

const M64 = (1n << 64n) - 1n;
const segmentOverrides = [0x26, 0x2e, 0x36, 0x3e] as const;

const flavourOf = (mnemonic: string): Flavour => {
  if (/^pcmp[ei]str/.test(mnemonic)) return "str";
  if (/^fb/.test(mnemonic)) return "bcd";
  if (/^(f(?!x(save|rstor))|wait)/.test(mnemonic)) return "f80";
  if (/^cvtt?(ps|ss)2/.test(mnemonic)) return "f32";
  if (/^cvtt?(pd|sd)2/.test(mnemonic)) return "f64";
  if (/^cvt/.test(mnemonic)) return "int";
  if (/(ss|ps)$/.test(mnemonic)) return "f32";
  if (/(sd|pd)$/.test(mnemonic)) return "f64";
  return "int";
};

const isFlow = (mnemonic: string): boolean => /^(jmp|call|ret)/.test(mnemonic);

export class Drawer {
  /** What the last case's bytes decode to. */
  readonly insn = new Instruction();
  private readonly random = new Random();
  private readonly bytes = new Uint8Array(24);
  private readonly perEncoding: number;

  constructor(perEncoding = CASES_PER_ENCODING) {
    this.perEncoding = perEncoding;
  }

  /** Fills `record` (RECORD_BYTES) with the case. */
  draw(form: Form, bitness: Bitness, index: number, salt: number, record: Uint8Array): void {
    const view = new DataView(record.buffer, record.byteOffset, RECORD_BYTES);
    record.fill(0, 0, At.windows + 16);
    const { random, insn } = this;
    const rip = bitness === 16 ? CODE_AT : CODE_PAGE + CODE_AT;
    random.seed(`${form.id} ${bitness} bytes ${salt}`, Math.floor(index / this.perEncoding));
    this.encode(form, bitness, rip);
    random.seed(`${form.id} ${bitness} state ${salt}`, index);
    const flavour = flavourOf(form.mnemonic);
    this.registers(view, flavour, form.mnemonic);
    for (let i = 0; i < 16; i++) this.general(view, i, bitness);
    this.shape(view, form.mnemonic, bitness);

    const stack = this.stack(view, bitness);
    let windows = 0;
    const fill = (at: number, before: number, length: number): number => {
      if (at < DATA_PAGE || at >= DATA_PAGE + PAGE) return -1;
      const from = Math.max(0, at - before - DATA_PAGE) & ~15;
      const bytes = Math.min(PAGE - from, (before + length + 31) & ~15);
      
      view.setUint32(At.windows + 8 * windows, from, true);
      view.setUint32(At.windows + 8 * windows + 4, bytes, true);
      const start = At.bytes + windows * 592;
      for (let i = 0; i < bytes; i += 16) {
        let f = flavour;
        if (f === "f80") f = random.pick(["f80", "f80", "f64", "f32", "int"] as const);
        // Ten-byte operands start where they like.
        random.vector(f, view, start + i);
      }
      windows++;
      return start - from - DATA_PAGE;
    };

    const kinds = [insn.opKind0, insn.opKind1, insn.opKind2, insn.opKind3];
    const strings = kinds.includes(OpKind.StringSource) || kinds.includes(OpKind.StringDestination);
    const segmented = bitness === 32 && insn.addressSize === 16;
    view.setUint32(At.mode, bitness, true);
    view.setUint32(At.repeats, (strings && (insn.prefixes & (Prefix.Rep | Prefix.Repne)) !== 0 ? 1 : 0) | (segmented ? 2 : 0), true);
    const origin = bitness === 16 || segmented ? DATA_PAGE : 0;
    if (strings) {
      for (const [kind, register] of [
        [OpKind.StringSource, 6],
        [OpKind.StringDestination, 7],
      ] as const) {
        if (!kinds.includes(kind)) continue;
        const target = this.target(insn.memSize, bitness);
        this.setAddress(view, register, target - BigInt(origin), bitness);
        fill(Number(BigInt.asUintN(32, target)), 48, 96);
      }
      this.setAddress(view, 1, BigInt(random.below(6)), bitness);
    } else if (kinds.includes(OpKind.MaskDestination)) {
      const target = this.target(16, bitness);
      this.setAddress(view, 7, target - BigInt(origin), bitness);
      fill(Number(BigInt.asUintN(32, target)), 16, 48);
    } else if (kinds.includes(OpKind.Memory) || form.mnemonic.startsWith("xlat")) {
      const size = insn.memSize !== 0 ? insn.memSize : /^fx/.test(form.mnemonic) ? 512 : 112;
      const wanted = this.target(size, bitness);
      const target = BigInt.asUintN(64, form.mnemonic.startsWith("xlat") ? this.steerXlat(view, wanted, origin, bitness) : this.steer(view, wanted, origin));
      const linear = target >= BigInt(DATA_PAGE) && target < BigInt(DATA_PAGE + PAGE) ? Number(target) : -1;
      if (linear >= 0) {
        const start = fill(linear, 16, size + 16);
        if (start >= 0) this.memoryShape(view, form.mnemonic, flavour, start + linear, size);
      }
    }
    if (windows < 2 && stack >= 0) {
      const start = fill(stack, 64, 64);
      if (start >= 0 && bitness === 64 && isFlow(form.mnemonic) && !random.one(4)) for (const at of [6, 7]) view.setUint8(start + stack + at, 0);
    }
    record.set(this.bytes.subarray(0, 16), At.code);
    view.setUint32(At.length, insn.length, true);
    view.setUint32(At.rip, rip, true);
  }

  // ---- the encoding

  private encode(form: Form, bitness: Bitness, rip: number): void {
    const { random, bytes, insn } = this;
    const encodings = form.encodings.get(bitness)!;
    for (let attempt = 0; ; attempt++) {
      const encoding = random.pick(encodings);
      const plain = attempt >= 20;
      this.write(encoding, bitness, plain);
      decodeInstruction(bytes, 0, 15, bitness, rip, 0, insn);
      if (insn.error === DecodeError.None && insn.form === form.number) {
        // Frames that fit on the stack there is.
        if (form.mnemonic === "enter" && !random.one(8)) {
          bytes[insn.immOffset] = random.below(64);
          bytes[insn.immOffset + 1] = 0;
          bytes[insn.immOffset + 2] = random.below(random.one(2) ? 2 : 8);
        }
        return;
      }
      // A lock where none may stand is worth a case: #UD.
    }
  }

  private write(encoding: Encoding, bitness: Bitness, plain: boolean): void {
    const { random, bytes } = this;
    for (let i = 0; i < 24; i++) bytes[i] = random.next();
    let at = 0;
    if (!plain && !encoding.vex) {
      if (random.one(24)) bytes[at++] = random.pick(segmentOverrides);
      if (random.one(32) && bitness !== 64) bytes[at++] = random.pick([0x64, 0x65]);
      if (random.one(24)) bytes[at++] = 0xf0;
    }
    const head = [...encoding.bytes];
    if (bitness === 64 && !plain) {
      if (encoding.vex) {
        if (random.one(2)) head[1] = head[1]! ^ (random.below(8) << 5);
      } else if (random.one(2)) {
        // REX goes right before the opcode.
        let opcode = 0;
        while ([0x66, 0xf2, 0xf3, 0x67].includes(head[opcode]!)) opcode++;
        if ((head[opcode]! & 0xf0) === 0x40) head[opcode] = head[opcode]! | random.below(8);
        else head.splice(opcode, 0, 0x40 | random.below(8));
      }
    }
    if (encoding.vex) head[2] = (head[2]! & ~0x78) | ((bitness === 64 ? random.below(16) : 8 | random.below(8)) << 3);
    bytes.set(head, at);
    at += head.length;
    const { memory, registers } = encoding;
    const useMemory = registers.length === 0 || (memory.length > 0 && random.one(2));
    if (useMemory && memory.length > 0) bytes[at] = (random.pick(memory) & 0x38) | (random.below(3) << 6) | random.below(8);
    else if (registers.length > 0) bytes[at] = random.pick(registers);
  }

  // ---- registers

  private general(view: DataView, i: number, bitness: Bitness): void {
    const { random } = this;
    let low = random.word();
    let high = random.word();
    switch (random.below(8)) {
      case 0:
        low = random.below(128);
        high = 0;
        break;
      case 1:
        low &= 0xffff;
        high = 0;
        break;
      case 2:
        high = low & 0x8000_0000 ? 0xffff_ffff : 0;
        break;
    }
    if (bitness !== 64) {
      high = 0;
      if (i >= 8) low = 0;
    }
    view.setUint32(At.gpr + 8 * i, low, true);
    view.setUint32(At.gpr + 8 * i + 4, high, true);
  }

  private registers(view: DataView, flavour: Flavour, mnemonic: string): void {
    const { random } = this;
    const x87 = flavour === "f80" || flavour === "bcd";
    // x87 instructions on registers that some MMX instruction left, and MMX on numbers, now and then.
    const numbers = x87 ? !random.one(16) : random.one(16);
    const usual = !random.one(4);
    const mxcsr =
      ((usual ? 0x3f : random.below(64)) << 7) |
      (random.below(4) << 13) |
      (random.one(4) ? 0x40 : 0) |
      (random.one(4) ? 0x8000 : 0) |
      (random.one(2) ? 0 : random.below(64));
    view.setUint32(At.mxcsr, mxcsr, true);
    const masks = random.one(4) ? random.below(64) : 0x3f;
    const control = random.one(2) ? 3 : random.below(4);
    const fcw = numbers ? masks | 0x40 | (control << 8) | (random.below(4) << 10) : 0x37f;
    let fsw = (random.below(8) << 11) | (random.one(2) ? 0x4000 : 0) | (random.below(8) << 8);
    let tags = random.one(8) ? 0xff : random.one(4) ? random.below(256) : 0x7f;
    const pending = random.one(24) ? random.below(64) : 0;
    fsw |= pending;
    if ((pending & ~fcw & 0x3f) !== 0) fsw |= 0x8080;
    const top = (fsw >> 11) & 7;
    tags = ((tags << top) | (tags >> (8 - top))) & 0xff;
    view.setUint16(At.fcw, fcw, true);
    view.setUint16(At.fsw, fsw, true);
    view.setUint8(At.tags, tags);
    for (let i = 0; i < 8; i++) {
      if (numbers) random.f80(view, At.st + 16 * i);
      else {
        view.setUint32(At.st + 16 * i, random.word(), true);
        view.setUint32(At.st + 16 * i + 4, random.word(), true);
        view.setUint32(At.st + 16 * i + 8, 0xffff, true);
      }
    }
    const natural: Flavour = x87 ? "int" : flavour;
    for (let i = 0; i < 16; i++) random.vector(random.one(16) ? "int" : natural, view, At.xmm + 16 * i);
    // Small counts, for shifts.
    if (/^ps[lr]/.test(mnemonic) && random.one(2)) {
      for (let i = 0; i < 16; i++) if (random.one(2)) view.setBigUint64(At.xmm + 16 * i, BigInt(random.below(70)), true);
      for (let i = 0; i < 8; i++) if (random.one(2)) view.setBigUint64(At.st + 16 * i, BigInt(random.below(70)), true);
    }
    let flags = 0x202 | (random.next() & 0x8d5);
    if (random.one(4)) flags |= 0x400;
    if (random.one(16)) flags |= 0x4_0000;
    view.setUint32(At.rflags, flags, true);
  }

  /** Operands with which the instruction does more than fault. */
  private shape(view: DataView, mnemonic: string, bitness: Bitness): void {
    const { random, insn } = this;
    const gpr = (i: number): number => At.gpr + 8 * i;
    if (/^i?div$/.test(mnemonic) && !random.one(4)) {
      const signed = mnemonic === "idiv";
      const negative = signed && random.one(2);
      if (insn.memSize === 1 || (insn.opKind0 === OpKind.Register && insn.opReg0 < Register.AX)) view.setUint16(gpr(0), negative ? 0xff00 | random.below(256) : random.below(0x400), true);
      else view.setBigInt64(gpr(2), negative ? -1n : BigInt(random.below(signed ? 2 : 200)), true);
    } else if (/^bt[src]?$/.test(mnemonic) && insn.opKind0 === OpKind.Memory && insn.opKind1 === OpKind.Register) {
      view.setBigInt64(gpr(gprNumber(insn.opReg1)), BigInt(random.below(512) - 256), true);
    } else if (isFlow(mnemonic) && bitness === 64 && !random.one(4)) {
      for (let i = 0; i < 16; i++) view.setUint16(gpr(i) + 6, 0, true);
      for (let i = 0; i < 16; i++) view.setUint8(gpr(i) + 5, view.getUint8(gpr(i) + 5) & 0x7f);
    } else if (mnemonic === "cmpxchg" && insn.opKind0 === OpKind.Register && random.one(2)) {
      view.setBigUint64(gpr(insn.opReg0 < Register.AX ? 0 : gprNumber(insn.opReg0)), view.getBigUint64(gpr(0), true), true);
    } else if (/^(loop|j[er]?cxz)/.test(mnemonic) && random.one(2)) {
      view.setBigUint64(gpr(1), BigInt(random.below(3)), true);
    } else if (/^(daa|das|aa[asmd])$/.test(mnemonic) && random.one(2)) {
      view.setUint16(gpr(0), random.below(16) | (random.below(16) << 4) | (random.below(11) << 8), true);
    } else if (/^pcmpestr/.test(mnemonic)) {
      for (const i of [0, 2]) if (!random.one(4)) view.setBigInt64(gpr(i), BigInt(random.below(36) - 18), true);
    }
    if (bitness !== 64) for (let i = 0; i < 8; i++) view.setUint32(gpr(i) + 4, 0, true);
  }

  /** Stack and frame pointers; the linear address of the top. */
  private stack(view: DataView, bitness: Bitness): number {
    const { random } = this;
    let at = DATA_PAGE + 0xc00 + 8 * random.below(32);
    if (random.one(16)) at += random.below(8);
    if (random.one(64)) at = DATA_PAGE + 2 * random.below(5);
    if (random.one(64)) at = DATA_PAGE + PAGE - 2 * random.below(5);
    const origin = bitness === 16 ? DATA_PAGE : 0;
    const set = (register: number, linear: number): void => {
      if (bitness === 16) view.setUint16(At.gpr + 8 * register, linear - origin, true);
      else view.setBigUint64(At.gpr + 8 * register, BigInt(linear), true);
    };
    set(4, at);
    if (!random.one(8)) set(5, at + 8 * random.below(8));
    return at;
  }

  // ---- addresses

  /** Where an operand shall lie: mostly in the data page, aligned or not; sometimes where it faults. */
  private target(size: number, bitness: Bitness): bigint {
    const { random } = this;
    let at = DATA_PAGE + 0x400 + 16 * random.below(32);
    if (random.one(4)) at += random.below(16);
    if (random.one(32)) at = DATA_PAGE + PAGE - random.below(size + 1);
    if (random.one(96)) at = DATA_PAGE + 0x2000 + random.below(0x1000);
    if (bitness === 64 && random.one(96)) return random.pick([0x8000_0000_0000n, 0xffff_7fff_ffff_fff8n, 0x1234_5678_9abc_def0n]);
    return BigInt(at);
  }

  /** Register ← value in the address size; the rest of it stays as drawn. */
  private setAddress(view: DataView, register: number, value: bigint, bitness: Bitness): void {
    const at = At.gpr + 8 * register;
    const { addressSize } = this.insn;
    if (addressSize === 16) view.setUint16(at, Number(BigInt.asUintN(16, value)), true);
    else if (addressSize === 32) view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    else view.setBigUint64(at, value & M64, true);
    if (bitness !== 64) view.setUint32(at + 4, 0, true);
  }

  private steerXlat(view: DataView, target: bigint, origin: number, bitness: Bitness): bigint {
    this.setAddress(view, 3, target - BigInt(origin) - BigInt(view.getUint8(At.gpr)), bitness);
    return target;
  }

  /** Changes registers or displacement so that the operand's linear address becomes `target`, or nearly; the address. */
  private steer(view: DataView, target: bigint, origin: number): bigint {
    const { insn, bytes, random } = this;
    const bits = insn.addressSize;
    const wanted = target - BigInt(origin);
    const patch = (value: bigint): void => {
      const size = insn.memDispSize;
      for (let i = 0; i < size; i++) bytes[insn.dispOffset + i] = Number((value >> BigInt(8 * i)) & 0xffn);
    };
    if (insn.memBase === Register.RIP || insn.memBase === Register.EIP) {
      patch(wanted - BigInt(CODE_PAGE + CODE_AT + insn.length));
      return target;
    }
    const displacement = (BigInt(insn.memDispHigh) << 32n) | BigInt(insn.memDispLow >>> 0);
    const base = insn.memBase === Register.None ? -1 : gprNumber(insn.memBase);
    const index = insn.memIndex === Register.None ? -1 : gprNumber(insn.memIndex);
    const scale = BigInt(insn.memScale);
    const bitness = insn.bitness as Bitness;
    const read = (register: number): bigint => BigInt.asUintN(bits, view.getBigUint64(At.gpr + 8 * register, true));
    if (base < 0 && index < 0) {
      patch(wanted);
      return target;
    }
    if (base >= 0 && base !== index) {
      this.setAddress(view, base, wanted - displacement - (index < 0 ? 0n : read(index) * scale), bitness);
      return target;
    }
    if (base < 0) {
      this.setAddress(view, index, BigInt(random.below(64)), bitness);
      patch(wanted - read(index) * scale);
      return target;
    }
    const each = 1n + scale;
    if (insn.memDispSize === 4) {
      this.setAddress(view, base, BigInt(random.below(64)), bitness);
      patch(wanted - read(base) * each);
      return target;
    }
    const value = (wanted - displacement) / each;
    this.setAddress(view, base, value, bitness);
    return value * each + displacement + BigInt(origin);
  }

  /** Contents of the operand, where random bytes would not do. */
  private memoryShape(view: DataView, mnemonic: string, flavour: Flavour, at: number, size: number): void {
    const { random } = this;
    const gpr = (i: number): bigint => view.getBigUint64(At.gpr + 8 * i, true);
    const inside = at >= At.bytes && at + size <= At.bytes + 592;
    if (!inside) return;
    if (mnemonic === "cmpxchg" && random.one(2)) {
      for (let i = 0; i < size; i++) view.setUint8(at + i, Number((gpr(0) >> BigInt(8 * i)) & 0xffn));
    } else if (mnemonic === "cmpxchg8b" && random.one(2)) {
      view.setUint32(at, Number(gpr(0) & 0xffff_ffffn), true);
      view.setUint32(at + 4, Number(gpr(2) & 0xffff_ffffn), true);
    } else if (mnemonic === "cmpxchg16b" && random.one(2)) {
      view.setBigUint64(at, gpr(0), true);
      view.setBigUint64(at + 8, gpr(2), true);
    } else if ((flavour === "f80" || flavour === "bcd") && size <= 10 && !random.one(4)) {
      const whole = new DataView(new ArrayBuffer(16));
      random.vector(flavour === "bcd" ? "bcd" : size === 4 ? (random.one(2) ? "f32" : "int") : size === 8 ? (random.one(2) ? "f64" : "int") : size === 10 ? "f80" : "int", whole, 0);
      for (let i = 0; i < size; i++) view.setUint8(at + i, whole.getUint8(i));
    } else if (/^fxrstor/.test(mnemonic)) {
      view.setUint16(at, view.getUint16(at, true) | 0x3f, true);
      if (!random.one(8)) view.setUint32(at + 24, view.getUint32(at + 24, true) & 0xffff, true);
    } else if (mnemonic === "ldmxcsr" && !random.one(8)) {
      view.setUint32(at, view.getUint32(at, true) & 0xffff, true);
    } else if (isFlow(mnemonic) && size === 8 && !random.one(4)) view.setUint16(at + 6, 0, true);
  }
}
