/**
 * One guest of chance: random code that runs for `bursts` × `burst` instructions. Every burst begins with the system's
 * tables as they were meant, then spoils some, and sets all of the processor's state; in between the guest's own
 * handler brings it back into its code (handlers.ts), and the host plays a hypervisor that answers every exit. Each
 * piece of code is run many times over, at other registers, flags, tables and privileges.
 *
 * Everything follows from the seed; the hash of all that happened must be the same on every tier.
 */
import { createGuestMemory, type GuestMemory } from "guest-memory";
import { decodeInstruction, Instruction } from "x86-decode";
import { createIntercepts } from "../../src/intercepts.ts";
import { type CpuState, loadCpu } from "../../src/saved-state.ts";
import type { SegmentName } from "../../src/segment.ts";
import { createVcpu, type Vcpu } from "../../src/vcpu.ts";
import { likelyValue, stackPointer } from "./code.ts";
import { type Image, makeImage, TSS_LIMIT } from "./image.ts";
import {
  CODE_BYTES,
  GDT_LIMIT,
  isLongMode,
  LDT_LIMIT,
  Place,
  RAM_BYTES,
  Selector,
  type WildKind,
  wildKinds,
  wildSelectors,
} from "./kinds.ts";
import { pick, randomWords, type Words, wide } from "./random.ts";

/** What a run has seen; guests add to it. */
export interface Tally {
  /** Instructions and events; and what of them was random code. */
  retired: number;
  wild: number;
  guests: number;
  bursts: number;
  readonly exits: Record<string, number>;
  /** By vector: raised, whether or not they were delivered as what they were. */
  readonly faults: Record<string, number>;
  /** Wild instructions by kind of guest. */
  readonly kinds: Record<string, number>;
  /** Forms that were carried out, by number: from a sample of the code, one instruction at a time. */
  readonly forms: Record<number, number>;
}

export const emptyTally = (): Tally => ({
  retired: 0,
  wild: 0,
  guests: 0,
  bursts: 0,
  exits: {},
  faults: {},
  kinds: {},
  forms: {},
});

export interface WildMachine {
  readonly vcpu: Vcpu;
  readonly memory: GuestMemory;
  /** Where to count; exchanged by whoever wants to. */
  tally: Tally;
}

/** One processor for any number of guests, so that what grows, grows. */
export function wildMachine(tier: 0 | 1): WildMachine {
  const memory = createGuestMemory({ arenaBytes: 0x100_0000, ram: [{ base: 0, size: RAM_BYTES }] });
  const vcpu = createVcpu({ memory, features: { has: () => true }, tier });
  const machine: WildMachine = { vcpu, memory, tally: emptyTally() };
  const { cpu } = vcpu;
  const raise = cpu.raise.bind(cpu);
  cpu.raise = (vector, errorCode, cr2) => {
    const { faults } = machine.tally;
    faults[vector] = (faults[vector] ?? 0) + 1;
    return raise(vector, errorCode, cr2);
  };
  return machine;
}

export interface WildOptions {
  readonly bursts: number;
  /** Instructions of a burst. */
  readonly burst: number;
  /** The only kinds to choose from. */
  readonly kinds?: readonly WildKind[];
}

/** Exits after which a hypervisor moves past the instruction. */
const skipped = new Set([
  ..."io-instruction cpuid hlt rdmsr wrmsr rdpmc vmcall vmmcall monitor mwait invd wbinvd xsetbv pause cr-access mov-dr".split(
    " ",
  ),
]);
/** Without the guest getting anywhere: a burst ends. */
const MAX_EXITS = 4000;
const PAGE = 0x1000;

/** The state with which a guest's bursts begin. Leaves the processor in it. */
function baseState(vcpu: Vcpu, kind: WildKind, word: Words): CpuState {
  const { mode, ring, paging } = kind;
  const long = isLongMode(kind);
  const { code, data, stack } = wildSelectors(kind);
  const is16 = mode === "real" || mode === "v86" || mode === "protected16";
  const rights = ring === 3 ? 0x60 : 0;
  const segment = (selector: number, base: number, attributes: number) => ({
    selector,
    base: BigInt(base),
    limit: is16 ? 0xffff : 0xffff_ffff,
    attributes: attributes | rights | (is16 ? 0 : 0x8000),
  });
  const at = (selector: number, base: number): number =>
    mode === "real" || mode === "v86" ? selector << 4 : is16 ? base : 0;
  let cr4 = paging === "none" ? 0x600n : paging === "32-bit" ? 0x610n : 0x620n;
  if (paging === "5-level") cr4 |= 1n << 12n;
  for (const bit of [0, 1, 2, 3, 7, 8, 11, 16, 18, 20, 21, 22]) if ((word() & 3) === 0) cr4 |= 1n << BigInt(bit);
  const tables = {
    none: 0,
    "32-bit": Place.directory32,
    PAE: Place.pdptPae,
    "4-level": Place.pml4,
    "5-level": Place.pml5,
  };
  const cr0Bits = (word() & 1 ? 1n << 16n : 0n) | (word() & 1 ? 1n << 18n : 0n) | (word() & 1 ? 0x22n : 0n);
  vcpu.loadEntryState({
    rip: 0n,
    rflags: 2n,
    registers: {},
    cr0: 0x10n | (mode === "real" ? 0n : 1n) | (paging === "none" ? 0n : 1n << 31n) | cr0Bits,
    cr3: BigInt(tables[paging]),
    cr4,
    efer: (long ? 0x100n : 0n) | (word() & 1 ? 0x800n : 0n) | (word() & 3 ? 1n : 0n),
    code: segment(code, at(code, Place.code), mode === "v86" ? 0x93 : mode === "long" ? 0x209b : is16 ? 0x9b : 0x409b),
    data: segment(data, at(data, Place.data), is16 ? 0x93 : 0x4093),
    gdt: { base: BigInt(Place.gdt), limit: GDT_LIMIT },
  });
  vcpu.setSegment("ss", segment(stack, at(stack, Place.stack), is16 ? 0x93 : 0x4093));
  // Unreal mode, sometimes.
  if (mode === "real" && (word() & 3) === 0) vcpu.setSegment("ds", { ...vcpu.segment("ds"), limit: 0xffff_ffff });
  vcpu.cpl = ring;
  vcpu.setTable(
    "idtr",
    mode === "real" ? { base: 0n, limit: 0x3ff } : { base: BigInt(Place.idt), limit: long ? 0xfff : 0x7ff },
  );
  vcpu.setSegment("tr", { selector: Selector.Tss, base: BigInt(Place.tss), limit: TSS_LIMIT, attributes: 0x8b });
  vcpu.setSegment("ldtr", { selector: Selector.Ldt, base: BigInt(Place.ldt), limit: LDT_LIMIT, attributes: 0x82 });
  // SYSCALL and SYSENTER lead back into the wild code.
  vcpu.writeMsr(0xc000_0081, 0x0023_0008_0000_0000n);
  for (const index of [0xc000_0082, 0xc000_0083, 0x176])
    vcpu.writeMsr(index, BigInt(Place.code + (word() % CODE_BYTES)));
  vcpu.writeMsr(0xc000_0084, BigInt(word() & 0x4_7700));
  vcpu.writeMsr(0x174, BigInt(Selector.Code32));
  vcpu.writeMsr(0x175, BigInt(Place.stack + 0x4000));
  if ((word() & 15) === 0) {
    for (let n = 0; n < 4; n++)
      vcpu.cpu.set64(0x4e0 + n * 8, BigInt(pick(word, [Place.code, Place.data]) + (word() & 0x1fff)));
    vcpu.cpu.set32(0x4e0 + 7 * 8, (word() & 0xffff_03ff) | 0x400);
  }
  return vcpu.save().cpu;
}

const traps = new Uint8Array(16).fill(0xcc);
const insn = new Instruction();
const insnBytes = new Uint8Array(16);

class Guest {
  private readonly machine: WildMachine;
  private readonly word: Words;
  private readonly kind: WildKind;
  private readonly image: Image;
  private readonly base: CpuState;
  private readonly options: WildOptions;
  hash = 0x811c_9dc5;

  constructor(machine: WildMachine, seed: number, options: WildOptions) {
    this.machine = machine;
    this.options = options;
    this.word = randomWords(seed);
    const { word } = this;
    const { vcpu, memory } = machine;
    this.kind = pick(word, options.kinds ?? wildKinds);
    this.image = makeImage(this.kind, word);
    memory.fill(0, RAM_BYTES, 0xcc);
    memory.write(0, this.image.bytes);
    vcpu.exceptionBitmap = 0;
    Object.assign(vcpu.intercepts, createIntercepts());
    vcpu.reset();
    vcpu.cpu.retired = 0;
    this.base = baseState(vcpu, this.kind, word);
    if ((word() & 7) === 0) vcpu.exceptionBitmap = word() | 0;
    if ((word() & 7) === 0) {
      const bits = wide(word);
      Object.assign(vcpu.intercepts, {
        cr0Mask: bits & 0xffffn,
        cr0Shadow: this.base.words64.cr0,
        cr4Mask: (bits >> 16n) & 0xffffn,
        cr4Shadow: this.base.words64.cr4,
        cr3Load: (bits & 1n) !== 0n,
        cr3Store: (bits & 2n) !== 0n,
        cr8Load: (bits & 4n) !== 0n,
        cr8Store: (bits & 8n) !== 0n,
        movDr: (bits & 16n) !== 0n,
      });
    }
  }

  private mix(value: number): void {
    this.hash = Math.imul(this.hash ^ (value | 0), 0x0100_0193);
  }

  run(): void {
    const { tally } = this.machine;
    const before = tally.wild;
    for (let n = 0; n < this.options.bursts; n++) this.burst();
    const { memory } = this.machine;
    const ram = memory.hostOffset(0);
    const words = new Int32Array(memory.buffer, ram, RAM_BYTES / 4);
    for (let n = 0; n < words.length; n++) this.mix(words[n]!);
    tally.guests++;
    const { name } = this.kind;
    tally.kinds[name] = (tally.kinds[name] ?? 0) + tally.wild - before;
  }

  /** The system's pages as they were, and then not quite. */
  private prepare(): void {
    const { machine, word, image, base } = this;
    const { vcpu, memory } = machine;
    const ram = memory.hostOffset(0);
    for (let page = 0; page < Place.code; page += PAGE) {
      const wanted = image.bytes.subarray(page, page + PAGE);
      if (Buffer.compare(memory.bytes.subarray(ram + page, ram + page + PAGE), wanted) !== 0)
        memory.write(page, wanted);
    }
    const chance = word();
    const flip = (at: number, bits: number): void => {
      memory.writeU32(at, memory.readU32(at)! ^ (bits === 1 ? 1 << (word() & 31) : word() & word()));
    };
    // Rights, presence, reserved bits, addresses; bits of whatever gates and descriptors say.
    if ((chance & 3) === 1) for (let n = word() & 7; n >= 0; n--) flip(Place.gdt + (word() & 0x1fc), 1);
    if ((chance & 12) === 4) for (let n = word() & 7; n >= 0; n--) flip(Place.idt + (word() & 0x7fc), 1);
    if ((chance & 0x30) === 0x10) for (let n = word() & 7; n >= 0; n--) flip(Place.tss + (word() & 0xfc), 2);
    if ((chance & 0xc0) === 0x40) for (let n = word() & 15; n >= 0; n--) flip(Place.tables + (word() % 0x280) * 4, 1);
    if ((chance & 0xc0) === 0x80) for (let n = word() & 15; n >= 0; n--) flip(Place.table32 + (word() % 0x140) * 4, 1);
    if ((chance & 0x700) === 0x100)
      flip(
        pick(word, [Place.pml5, Place.pml4, Place.pdpt, Place.directory, Place.pdptPae, Place.directory32]) +
          (word() & 0x1c),
        1,
      );
    if ((chance & 0x3000) === 0x1000)
      for (let n = 0; n < 64; n++) memory.writeU64(Place.data + (word() & 0xfff8), likelyValue(this.kind, word));
    memory.writeU32(Place.generator, word());

    const retired = vcpu.retired;
    loadCpu(vcpu.cpu, { ...base, words64: { ...base.words64, retired: BigInt(retired) } });
    vcpu.flushTlb();
    this.reseed();
    vcpu.writeRegister(4, BigInt(stackPointer(this.kind)));
    // Flags that POPF could load, and in virtual-8086 mode VM.
    const flags = memory.readU32(Place.flags)! ^ ((chance & 0xc_0000) === 0 ? word() & 0x25_4fd5 : 0);
    vcpu.rflags = BigInt(flags);
    vcpu.rip = BigInt(
      (word() % CODE_BYTES) +
        (this.kind.mode === "long" || this.kind.mode === "compat" || this.kind.mode === "protected32" ? Place.code : 0),
    );
    vcpu.cpu.updateModeKey();
  }

  private reseed(): void {
    const { vcpu } = this.machine;
    for (let n = 0; n < 16; n++) if (n !== 4) vcpu.writeRegister(n, likelyValue(this.kind, this.word));
    const name = pick<SegmentName>(this.word, ["es", "fs", "gs"]);
    if (vcpu.cpu.protectedMode && !vcpu.cpu.virtual8086) vcpu.setSegment(name, vcpu.segment("ds"));
  }

  private burst(): void {
    const { machine, word, options, image } = this;
    const { vcpu, memory, tally } = machine;
    this.prepare();
    const start = vcpu.retired;
    const end = start + options.burst;
    let runs = memory.readU32(Place.runs)!;
    let lost = 0;
    let circling = 0;
    for (let exits = 0; vcpu.retired < end && exits < MAX_EXITS && lost < 4; exits++) {
      const before = vcpu.retired;
      const choice = word();
      const stretch = Math.min(end - before, 1 + ((choice >>> 8) % 1000));
      if ((choice & 0xff) === 0) this.sample();
      const at = vcpu.retired;
      const exit = vcpu.run(stretch);
      const done = vcpu.retired - at;
      if (done > stretch || (exit.reason === "budget" && done !== stretch))
        throw new Error(`${this.kind.name}: budget ${stretch}, done ${done} (${exit.reason})`);
      // The policy of these machines shows features that have no semantics.
      if (exit.text !== "" && !exit.text.startsWith("no semantics"))
        throw new Error(`${this.kind.name}: ${exit.reason}: ${exit.text}`);
      tally.exits[exit.reason] = (tally.exits[exit.reason] ?? 0) + 1;
      this.mixState(exit.reason, vcpu.retired - start);

      const now = memory.readU32(Place.runs)!;
      const tame = ((now - runs) >>> 0) * image.tame;
      runs = now;
      // A guest may have overwritten its count: then nothing counts.
      const all = vcpu.retired - before;
      const isLost = tame > all * 0.95 && all > 100;
      if (tame < all) tally.wild += all - tame;
      lost = isLost ? lost + 1 : 0;

      if (exit.reason === "triple-fault") break;
      if (exit.reason === "hlt" && vcpu.cpl === 0 && vcpu.rip === BigInt(Place.doubleFault)) break;
      if (exit.reason === "exception") {
        this.mix(exit.vector);
        this.mix(exit.errorCode ?? -1);
        vcpu.injectException(exit.vector, exit.errorCode, exit.faultAddress);
      } else if (exit.reason === "unimplemented") {
        vcpu.injectException(6);
      } else if (exit.reason === "ept-violation") {
        this.mix(exit.guestPhysical);
        // Where nothing lies there is rarely code: mostly INT3.
        const isCode = exit.access === "fetch" && (choice & 0x70) !== 0;
        vcpu.completeMmio(isCode ? traps : image.bytes.subarray(Place.data + (choice >>> 16)).subarray(0, 16));
      } else if (skipped.has(exit.reason)) {
        if (exit.reason === "io-instruction" && exit.rep) vcpu.writeRegister(1, 0n);
        vcpu.advanceRip(exit.instructionLength);
      }
      circling = tame === 0 ? circling + (exit.reason === "budget" ? 4 : 1) : 0;
      if (circling >= 4) {
        // It turns in a circle: something else happens.
        circling = 0;
        if ((choice & 0x80) === 0) vcpu.injectNmi();
        else vcpu.injectInterrupt(word() & 0xff);
      }
      const event = choice >>> 28;
      if (event === 0) vcpu.injectInterrupt(word() & 0xff);
      else if (event === 1) vcpu.injectNmi();
      else if (event === 2) vcpu.requestInterruptWindow();
      else if (event === 3) vcpu.flushTlb();
      else if (event === 4 && exit.reason === "budget") this.reseed();
    }
    tally.retired += vcpu.retired - start;
    tally.bursts++;
  }

  /** Some instructions one by one, and which they are. */
  private sample(): void {
    const { vcpu, tally } = this.machine;
    const { cpu } = vcpu;
    for (let n = 0; n < 48; n++) {
      const { rip } = vcpu;
      const linear = BigInt.asUintN(cpu.code64 ? 64 : 32, rip + (cpu.code64 ? 0n : vcpu.segment("cs").base));
      const have = vcpu.fetchLinear(linear, 15, insnBytes);
      decodeInstruction(insnBytes, 0, have, (16 << (cpu.modeKey & 3)) as 16 | 32 | 64, 0, 0, insn);
      const before = vcpu.retired;
      const { reason } = vcpu.run(1);
      if (vcpu.retired - before > 1) throw new Error(`${this.kind.name}: budget 1, done ${vcpu.retired - before}`);
      if (insn.error === 0) tally.forms[insn.form] = (tally.forms[insn.form] ?? 0) + 1;
      if (reason !== "budget") return;
    }
  }

  private mixState(reason: string, retired: number): void {
    const { u32, base } = this.machine.vcpu.cpu;
    this.mix(reason.length * 31 + reason.charCodeAt(0));
    this.mix(retired);
    for (let n = 0; n < 0x90 / 4; n++) this.mix(u32[(base >>> 2) + n]!);
    this.mix(this.machine.vcpu.cpu.readRflags());
    for (let n = 0x3a0 / 4; n < 0x480 / 4; n++) this.mix(u32[(base >>> 2) + n]!);
    for (let n = 0x100 / 4; n < 0x200 / 4; n++) this.mix(u32[(base >>> 2) + n]!);
  }
}

/** Runs the guest of a seed; the hash of all that happened. */
export function runWild(machine: WildMachine, seed: number, options: WildOptions): number {
  const guest = new Guest(machine, seed, options);
  guest.run();
  return guest.hash;
}
