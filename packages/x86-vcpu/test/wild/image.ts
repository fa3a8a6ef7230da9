/** The first part of a guest's memory: descriptor tables, page tables, TSSs, the handler, and random code and data. */
import { fillWithCode, fillWithData, fillWithRegisters, stackPointer } from "./code.ts";
import { handlerOf } from "./handlers.ts";
import {
  CODE_BYTES,
  GDT_LIMIT,
  isLongMode,
  LDT_LIMIT,
  Place,
  RAM_BYTES,
  Selector,
  type WildKind,
  wildSelectors,
} from "./kinds.ts";
import { pick, type Words, wide } from "./random.ts";

export const TSS_LIMIT = 0x67 + 32 + 129;
const IO_MAP = 0x68 + 32;

/** A segment descriptor of SDM vol. 3 §3.4.5; rights: access byte and, shifted by 8, G D L AVL. */
function descriptor(base: number, limit: number, rights: number): bigint {
  const low = BigInt(limit & 0xffff) | (BigInt(base & 0xff_ffff) << 16n);
  const high =
    BigInt((rights & 0xff) | (((limit >>> 16) & 0xf) << 8) | ((rights & 0xf00) << 4) | (base & 0xff00_0000)) &
    0xffff_ffffn;
  return low | (high << 40n);
}

const segments: readonly (readonly [selector: number, base: number, limit: number, rights: number])[] = [
  [Selector.Code32, 0, 0xf_ffff, 0xc9b],
  [Selector.Data, 0, 0xf_ffff, 0xc93],
  [Selector.Code64, 0, 0xf_ffff, 0xa9b],
  [Selector.UserCode32, 0, 0xf_ffff, 0xcfb],
  [Selector.UserData, 0, 0xf_ffff, 0xcf3],
  [Selector.UserCode64, 0, 0xf_ffff, 0xafb],
  [Selector.Code16, Place.code, 0xffff, 0x09b],
  [Selector.Data16, Place.data, 0xffff, 0x093],
  [Selector.Stack16, Place.stack, 0xffff, 0x093],
  [Selector.UserCode16, Place.code, 0xffff, 0x0fb],
  [Selector.UserData16, Place.data, 0xffff, 0x0f3],
  [Selector.UserStack16, Place.stack, 0xffff, 0x0f3],
  [Selector.Handler16, 0, 0xffff, 0x09b],
  [Selector.Tss, Place.tss, TSS_LIMIT, 0x08b],
  [Selector.Tss2, Place.tss2, 0x67, 0x089],
  [Selector.Tss16, Place.tss16, 0x2b, 0x0e1],
  [Selector.Ldt, Place.ldt, LDT_LIMIT, 0x082],
  [Selector.ConformingCode, 0, 0xf_ffff, 0xc9f],
  [Selector.ExpandDown, 0, 0x2f, 0xcf7],
  [Selector.Absent, 0, 0xf_ffff, 0xc73],
  [Selector.ExecuteOnly, 0, 0xf_ffff, 0xcf9],
];

const gate = (selector: number, offset: number, rights: number): bigint =>
  BigInt((offset & 0xffff) | 0) | (BigInt(selector) << 16n) | (BigInt(rights) << 32n) | (BigInt(offset >>> 16) << 48n);

/** A descriptor of which nothing is certain but that it is often present. */
const anyDescriptor = (word: Words): bigint => wide(word) | (BigInt(word() & 1) << 47n) | (BigInt(word() & 1) << 44n);

/** Page rights that a guest needs so that its ring 3 sees its own pages and nothing else; by the address of the page. */
const pageBits = (kind: WildKind, address: number): number => (kind.ring === 3 && address >= Place.code ? 7 : 3);

export interface Image {
  readonly kind: WildKind;
  readonly bytes: Uint8Array;
  /** Instructions of the handler and the event before it: what is not wild. */
  readonly tame: number;
}

export function makeImage(kind: WildKind, word: Words): Image {
  const bytes = new Uint8Array(Place.end);
  const view = new DataView(bytes.buffer);
  const put16 = (at: number, value: number): void => view.setUint16(at, value, true);
  const put32 = (at: number, value: number): void => view.setUint32(at, value, true);
  const put64 = (at: number, value: bigint): void => view.setBigUint64(at, BigInt.asUintN(64, value), true);
  const long = isLongMode(kind);
  // What lies nowhere traps: INT3, INT1.
  for (let at = 0; at < bytes.length; at++) bytes[at] = 0xcc;
  bytes.fill(0, Place.gdt, Place.data);

  for (let at = Selector.Random; at < GDT_LIMIT; at += 8) put64(Place.gdt + at, anyDescriptor(word));
  for (const [selector, base, limit, rights] of segments)
    put64(Place.gdt + (selector & 0xfff8), descriptor(base, limit, rights));
  const { code, data, stack } = wildSelectors(kind);
  put64(Place.gdt + Selector.CallGate, gate(Selector.Code32, Place.code + (word() & 0x1ff8), 0xec00 | (word() & 3)));
  put64(Place.gdt + Selector.TaskGate, gate(Selector.Tss2, 0, 0xe500));
  for (let at = 0; at < LDT_LIMIT; at += 8) {
    put64(
      Place.ldt + at,
      (word() & 1) === 0 ? anyDescriptor(word) : descriptor(pick(word, [0, Place.data]), word(), 0x80 | word()),
    );
  }

  const handler = handlerOf(kind);
  bytes.set(handler.bytes, Place.handler);
  bytes[Place.doubleFault] = 0xf4;
  const is16 = kind.mode === "protected16";
  for (let vector = 0; vector < 256; vector++) {
    const dpl = vector === 3 || vector === 4 || (vector & 0xe0) === 0x80 ? 3 : 0;
    const type = (vector & 0x11) === 0x11 ? 7 : 6;
    const rights = 0x8000 | (dpl << 13) | ((is16 ? type : type | 8) << 8);
    if (kind.mode === "real") put32(vector * 4, Place.handler);
    if (long) {
      put64(Place.idt + vector * 16, gate(Selector.Code64, Place.handler, rights | 1));
    } else {
      const selector = is16 ? Selector.Handler16 : Selector.Code32;
      const isTask = vector === 8 || vector === 10 || vector === 0x9e;
      put64(
        Place.idt + vector * 8,
        isTask ? gate(Selector.TaskGate, 0, 0x8500 | (dpl << 13)) : gate(selector, Place.handler, rights),
      );
      if (isTask) put16(Place.idt + vector * 8 + 2, Selector.Tss2);
    }
  }

  if (long) {
    for (const at of [4, 12, 20]) put64(Place.tss + at, BigInt(Place.handlerStack));
    for (let n = 0; n < 7; n++) put64(Place.tss + 36 + n * 8, BigInt(Place.istStack));
  } else {
    for (const at of [4, 12, 20]) {
      put32(Place.tss + at, Place.handlerStack);
      put16(Place.tss + at + 4, Selector.Data);
    }
    // What a switch back would find, and the double-fault task.
    for (const tss of [Place.tss, Place.tss2]) {
      const isMain = tss === Place.tss;
      put32(tss + 28, kind.paging === "32-bit" ? Place.directory32 : Place.pdptPae);
      put32(tss + 32, isMain ? Place.code : Place.doubleFault);
      put32(tss + 36, 2);
      put32(tss + 56, Place.handlerStack);
      for (const [n, selector] of [Selector.Data, Selector.Code32, Selector.Data, Selector.Data, 0, 0, 0].entries())
        put16(tss + 72 + n * 4, selector);
    }
  }
  put16(Place.tss + 0x66, IO_MAP);
  for (let n = 0; n < 129; n++) bytes[Place.tss + IO_MAP + n] = n === 128 ? 0xff : word() & word();
  for (let n = 0; n < 32; n++) bytes[Place.tss + 0x68 + n] = word() & word();
  for (let n = 0; n < 0x2c; n++) bytes[Place.tss16 + n] = word();

  // Page tables: 4 MiB one to one; then a large page of the same, then addresses behind which nothing lies.
  put64(Place.pml5, BigInt(Place.pml4 | 7));
  put64(Place.pml4, BigInt(Place.pdpt | 7));
  put64(Place.pdpt, BigInt(Place.directory | 7));
  put64(Place.pdptPae, BigInt(Place.directory | 1));
  put64(Place.directory, BigInt(Place.tables | 7));
  put64(Place.directory + 8, BigInt((Place.tables + 0x1000) | 7));
  put64(Place.directory + 16, BigInt(0x83 | (word() & 4)));
  put64(Place.directory + 24, BigInt(RAM_BYTES * 2 + 0x87));
  put32(Place.directory32, Place.table32 | 7);
  put32(Place.directory32 + 4, 0x83 | (word() & 4));
  put32(Place.directory32 + 8, RAM_BYTES * 2 + 0x87);
  for (let page = 0; page < RAM_BYTES; page += 0x1000) {
    const chance = page >= Place.end ? word() : 0;
    const entry = page | pageBits(kind, page) | (chance & 0x0e) | ((chance & 0xf0) === 0x10 ? 0x40_0000 : 0);
    put64(Place.tables + (page >>> 12) * 8, BigInt(entry));
    put32(Place.table32 + (page >>> 12) * 4, entry);
  }

  put32(Place.generator, word());
  put32(Place.flags, (word() & 0x3000) | pick(word, [0x202, 0x202, 0x202, 0x2, 0xa02, 0x602]));
  const flags = view.getUint32(Place.flags, true) | (kind.mode === "v86" ? 0x2_0000 : 0);
  put32(Place.flags, flags);
  if (long) {
    for (const [n, value] of [0, code, flags, stackPointer(kind), stack].entries())
      put64(Place.frame + n * 8, BigInt(value));
  } else if (is16) {
    for (const [n, value] of [0, code, flags, stackPointer(kind), stack].entries()) put16(Place.frame + n * 2, value);
  } else {
    for (const [n, value] of [0, code, flags, stackPointer(kind), stack, data, data, data, data].entries())
      put32(Place.frame + n * 4, value);
  }
  fillWithRegisters(bytes.subarray(Place.registers, Place.registers + 0x800), kind, word);

  const bitness = kind.mode === "long" ? 64 : kind.mode === "compat" || kind.mode === "protected32" ? 32 : 16;
  fillWithCode(bytes.subarray(Place.code, Place.code + CODE_BYTES), bitness, word);
  bytes.fill(0xcc, Place.code + CODE_BYTES, Place.data);
  fillWithData(bytes.subarray(Place.data, Place.stack), kind, word);
  fillWithData(bytes.subarray(Place.stack, Place.end), kind, word);
  return { kind, bytes, tame: handler.instructions + 1 };
}
