/**
 * The little of a kernel that the processor itself insists on: GDT, IDT, TSS and one stub per way into ring 0. A stub
 * only says which way it was and executes VMCALL; the host then plays the kernel and resumes ring 3 by setting the
 * processor's state, as a hypervisor may.
 *
 * The TSS has no I/O bitmap, so at IOPL 0 every port is closed to ring 3: IN and OUT raise #GP(0), as under Linux.
 *
 * Sources: SDM vol. 3 §3.4.5 (descriptors), §6.14 (64-bit IDT), §7.7 (64-bit TSS), §5.8.7 (SYSENTER, SYSCALL); Linux
 * arch/x86/include/asm/segment.h for selector numbers.
 */
import type { GuestMemory } from "guest-memory";
import type { AddressSpace } from "./address-space.ts";
import { loadableSegment, type Segment, type SegmentUse } from "./segment-descriptors.ts";
import { Msr, type ProcessVcpu } from "./vcpu.ts";

/** Selectors as Linux lays them out, so that programs which print them see what they expect. */
export const Selector = {
  KernelCode: 0x10,
  KernelData: 0x18,
  User32Code: 0x23,
  UserData: 0x2b,
  UserCode: 0x33,
  Tss: 0x40,
  Ldt: 0x50,
} as const;

/** Entries of the GDT that set_thread_area hands out; each thread has its own. */
export const TLS_ENTRIES = { first: 12, count: 3 } as const;
const GDT_ENTRIES = 16;
export const LDT_ENTRIES = 8192;
const LDT_PAGE_ENTRIES = 512;

const KERNEL_BASE = 0xffff_ffff_8000_0000n;
const Page = { gdt: 0, idt: 1, tss: 2, stubs: 3, stack: 4 } as const;
const PAGES = 5;
const STUB_BYTES = 16;
const VECTORS = 32;
const SYSCALL_VECTOR = 0x80;
/** Vectors whose exceptions push an error code (SDM vol. 3, table 6-1). */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

const at = (page: number): bigint => KERNEL_BASE + BigInt(page * 4096);
const stub = (index: number): bigint => at(Page.stubs) + BigInt(index * STUB_BYTES);
/** The LDT's pages, mapped when first used. */
const LDT_BASE = at(16);

/** How ring 3 was left. SYSCALL in compatibility mode is AMD's. */
export type KernelEntry = "syscall" | "syscall32" | "sysenter" | "int80" | "exception";

/** Addresses of the VMCALLs that SYSCALL and SYSENTER reach. */
const FAST_ENTRIES = {
  syscall: stub(VECTORS),
  syscall32: stub(VECTORS + 1),
  sysenter: stub(VECTORS + 2),
} as const;
const INT80_STUB = stub(VECTORS + 3);

const VMCALL_HLT = [0x0f, 0x01, 0xc1, 0xf4];

/** What the processor pushed on the way in. */
export interface ExceptionFrame {
  readonly rip: bigint;
  readonly cs: number;
  readonly ss: number;
  readonly rflags: bigint;
  readonly rsp: bigint;
  readonly vector: number;
  readonly errorCode: bigint;
}

/** Writes tables and stubs, maps them above user space, and brings the processor to long mode. False: no frames left. */
export function installKernelArea(memory: GuestMemory, space: AddressSpace, vcpu: ProcessVcpu): KernelArea | undefined {
  const frames: number[] = [];
  for (let i = 0; i < PAGES; i++) {
    const frame = space.allocateFrame();
    if (frame === undefined || !space.mapKernelPage(at(i), frame)) return undefined;
    frames.push(frame);
  }
  const stackTop = at(Page.stack) + 4096n;

  const gdt = frames[Page.gdt]!;
  const tssBase = at(Page.tss);
  const descriptors: readonly (readonly [number, bigint])[] = [
    [Selector.KernelCode, 0x00af_9b00_0000_ffffn],
    [Selector.KernelData, 0x00cf_9300_0000_ffffn],
    [Selector.User32Code & ~3, CODE_32],
    [Selector.UserData & ~3, DATA],
    [Selector.UserCode & ~3, CODE_64],
    // A busy 64-bit TSS of 0x68 bytes: limit 0x67, base spread over the descriptor.
    [Selector.Tss, 0x67n | ((tssBase & 0xff_ffffn) << 16n) | (0x8bn << 40n) | (((tssBase >> 24n) & 0xffn) << 56n)],
    [Selector.Tss + 8, (tssBase >> 32n) & 0xffff_ffffn],
  ];
  for (const [selector, value] of descriptors) memory.writeU64(gdt + selector, value);

  const tss = frames[Page.tss]!;
  memory.writeU64(tss + 4, stackTop);
  memory.writeU16(tss + 0x66, 0x68);

  const idt = frames[Page.idt]!;
  const stubs = frames[Page.stubs]!;
  const gate = (vector: number, target: bigint, dpl: bigint): void => {
    memory.writeU64(
      idt + vector * 16,
      (target & 0xffffn) |
        (BigInt(Selector.KernelCode) << 16n) |
        ((0x8en | (dpl << 5n)) << 40n) |
        (((target >> 16n) & 0xffffn) << 48n),
    );
    memory.writeU64(idt + vector * 16 + 8, target >> 32n);
  };
  const writeStub = (address: bigint, code: readonly number[]): void => {
    memory.write(stubs + Number(address - at(Page.stubs)), new Uint8Array([...code, ...VMCALL_HLT]));
  };
  for (let vector = 0; vector < VECTORS; vector++) {
    // Interrupt gate, present, DPL 3 for #BP and #OF so that INT3 and INTO reach them.
    gate(vector, stub(vector), vector === 3 || vector === 4 ? 3n : 0n);
    // push 0 (only where the processor pushed no error code); push vector; vmcall; hlt
    writeStub(stub(vector), [...(WITH_ERROR_CODE.has(vector) ? [] : [0x6a, 0x00]), 0x6a, vector]);
  }
  gate(SYSCALL_VECTOR, INT80_STUB, 3n);
  writeStub(INT80_STUB, [0x6a, 0x00, 0x6a, 0x00]);
  for (const address of Object.values(FAST_ENTRIES)) writeStub(address, []);

  // Long mode with everything a 64-bit Linux turns on that this processor has.
  vcpu.writeControl("efer", 0x1n | 0x100n | 0x800n); // SCE LME NXE
  vcpu.writeControl("cr4", 0x20n | 0x200n | 0x400n); // PAE OSFXSR OSXMMEXCPT
  vcpu.writeControl("cr3", BigInt(space.root));
  vcpu.writeControl("cr0", 0x8005_0033n); // PG AM WP NE ET MP PE; LMA follows
  vcpu.setTable("gdtr", { base: at(Page.gdt), limit: GDT_ENTRIES * 8 - 1 });
  vcpu.setTable("idtr", { base: at(Page.idt), limit: SYSCALL_VECTOR * 16 + 15 });
  vcpu.setSegment("tr", { selector: Selector.Tss, base: tssBase, limit: 0x67, attributes: 0x008b });
  vcpu.setSegment("ldtr", { selector: 0, base: 0n, limit: 0, attributes: 0x1_0000 });
  vcpu.writeMsr(Msr.STAR, (BigInt(Selector.User32Code) << 48n) | (BigInt(Selector.KernelCode) << 32n));
  vcpu.writeMsr(Msr.LSTAR, FAST_ENTRIES.syscall);
  vcpu.writeMsr(Msr.CSTAR, FAST_ENTRIES.syscall32);
  vcpu.writeMsr(Msr.SYSENTER_CS, BigInt(Selector.KernelCode));
  vcpu.writeMsr(Msr.SYSENTER_ESP, stackTop);
  vcpu.writeMsr(Msr.SYSENTER_EIP, FAST_ENTRIES.sysenter);
  vcpu.writeMsr(Msr.SFMASK, 0x4_7700n); // TF IF DF IOPL NT AC, as Linux
  vcpu.flushTlb();
  return new KernelArea(memory, space, vcpu, { gdt, stack: frames[Page.stack]!, stackTop });
}

const CODE_32 = 0x00cf_fb00_0000_ffffn;
const DATA = 0x00cf_f300_0000_ffffn;
const CODE_64 = 0x00af_fb00_0000_ffffn;
const standard = (use: SegmentUse, ...rows: readonly (readonly [number, bigint])[]): ReadonlyMap<number, Segment> =>
  new Map(rows.map(([selector, descriptor]) => [selector, loadableSegment(selector, descriptor, use)!]));
/** Linux's own segments, which never change: nearly every return to ring 3 loads them. */
const STANDARD: Readonly<Record<SegmentUse, ReadonlyMap<number, Segment>>> = {
  code: standard("code", [Selector.User32Code, CODE_32], [Selector.UserCode, CODE_64]),
  stack: standard("stack", [Selector.UserData, DATA]),
  data: standard("data", [Selector.UserData, DATA]),
};

const entryByRip = new Map<bigint, KernelEntry>([
  ...Object.entries(FAST_ENTRIES).map(([kind, rip]): [bigint, KernelEntry] => [rip, kind as KernelEntry]),
  [INT80_STUB + 4n, "int80"],
]);
/** Segments whose selectors a program can give to any value; reloaded when their descriptor changes, as Linux does. */
const DATA_SEGMENTS = ["es", "ds", "fs", "gs"] as const;

export class KernelArea {
  private readonly memory: GuestMemory;
  private readonly space: AddressSpace;
  private readonly vcpu: ProcessVcpu;
  private readonly gdt: number;
  private readonly stackFrame: number;
  private readonly stackTop: bigint;
  /** Frames of the LDT, in the order of its entries. */
  private readonly ldtFrames: number[] = [];

  constructor(
    memory: GuestMemory,
    space: AddressSpace,
    vcpu: ProcessVcpu,
    places: { readonly gdt: number; readonly stack: number; readonly stackTop: bigint },
  ) {
    this.memory = memory;
    this.space = space;
    this.vcpu = vcpu;
    this.gdt = places.gdt;
    this.stackFrame = places.stack;
    this.stackTop = places.stackTop;
  }

  /** Does this VMCALL belong to a stub? */
  owns(rip: bigint): boolean {
    return rip >= at(Page.stubs) && rip < at(Page.stubs) + 4096n;
  }

  /** Is the processor between an entry into ring 0 and the VMCALL? Then what ring 3 had is not in its registers. */
  entryAt(rip: bigint): KernelEntry {
    return entryByRip.get(rip) ?? "exception";
  }

  /** The frame of an exception stub: vector, error code, RIP, CS, RFLAGS, RSP, SS, from RSP upwards. */
  exceptionFrame(rsp: bigint): ExceptionFrame {
    const base = this.stackFrame + 4096 - Number(this.stackTop - rsp);
    const word = (index: number): bigint => this.memory.readU64(base + index * 8) ?? 0n;
    const selector = (index: number): number => Number(word(index) & 0xffffn);
    return {
      vector: Number(word(0)),
      errorCode: word(1),
      rip: word(2),
      cs: selector(3),
      rflags: word(4),
      rsp: word(5),
      ss: selector(6),
    };
  }

  // ---- descriptors

  private descriptor(selector: number): bigint | undefined {
    const index = selector >> 3;
    if (selector & 4) {
      const frame = this.ldtFrames[Math.floor(index / LDT_PAGE_ENTRIES)];
      return frame === undefined ? undefined : this.memory.readU64(frame + (index % LDT_PAGE_ENTRIES) * 8);
    }
    return index < GDT_ENTRIES ? this.memory.readU64(this.gdt + index * 8) : undefined;
  }

  /** What a register would hold after ring 3 loaded this selector; undefined: the load would fault. */
  segment(selector: number, use: SegmentUse): Segment | undefined {
    const known = STANDARD[use].get(selector);
    return known ?? loadableSegment(selector, this.descriptor(selector), use);
  }

  /** Loads ES, DS, FS or GS; a selector that would fault becomes null, as Linux has it on a return to ring 3. */
  loadData(name: (typeof DATA_SEGMENTS)[number], selector: number): void {
    this.vcpu.setSegment(name, this.segment(selector, "data") ?? this.segment(0, "data")!);
  }

  readGdtEntry(index: number): bigint {
    return this.memory.readU64(this.gdt + index * 8) ?? 0n;
  }

  writeGdtEntry(index: number, descriptor: bigint): void {
    this.memory.writeU64(this.gdt + index * 8, descriptor);
    this.reload((index << 3) | 3);
  }

  /** The LDT's bytes up to its last page in use. */
  readLdt(): Uint8Array {
    const bytes = new Uint8Array(this.ldtFrames.length * 4096);
    this.ldtFrames.forEach((frame, page) => {
      const host = this.memory.hostOffset(frame);
      bytes.set(this.memory.bytes.subarray(host, host + 4096), page * 4096);
    });
    return bytes;
  }

  /** False: no frame is left. Entries 0–8191. */
  writeLdtEntry(index: number, descriptor: bigint): boolean {
    const page = Math.floor(index / LDT_PAGE_ENTRIES);
    while (this.ldtFrames.length <= page) {
      const frame = this.space.allocateFrame();
      if (frame === undefined || !this.space.mapKernelPage(LDT_BASE + BigInt(this.ldtFrames.length * 4096), frame))
        return false;
      this.ldtFrames.push(frame);
    }
    const limit = this.ldtFrames.length * 4096 - 1;
    this.memory.writeU64(this.ldtFrames[page]! + (index % LDT_PAGE_ENTRIES) * 8, descriptor);
    this.memory.writeU64(
      this.gdt + Selector.Ldt,
      BigInt(limit) | ((LDT_BASE & 0xff_ffffn) << 16n) | (0x82n << 40n) | (((LDT_BASE >> 24n) & 0xffn) << 56n),
    );
    this.memory.writeU64(this.gdt + Selector.Ldt + 8, LDT_BASE >> 32n);
    this.vcpu.setSegment("ldtr", { selector: Selector.Ldt, base: LDT_BASE, limit, attributes: 0x82 });
    this.reload((index << 3) | 7);
    return true;
  }

  private reload(selector: number): void {
    for (const name of DATA_SEGMENTS) if (this.vcpu.segment(name).selector === selector) this.loadData(name, selector);
  }
}
