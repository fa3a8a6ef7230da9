/**
 * A small machine for tests. Every exception and interrupt handler is one HLT, so a test runs a few bytes and then
 * looks at where the processor halted and what is on the stack.
 */
import { createGuestMemory, type GuestMemory } from "guest-memory";
import { beforeEach, describe, onTestFinished } from "vitest";
import { createIntercepts } from "../src/intercepts.ts";
import { createVcpu, type Vcpu } from "../src/vcpu.ts";
import type { VmExit } from "../src/vm-exit.ts";

export const Selector = {
  Code32: 0x08,
  Data: 0x10,
  Code64: 0x18,
  UserData: 0x23,
  UserCode32: 0x2b,
  UserCode64: 0x33,
  Code16: 0x38,
  Data16: 0x40,
  Tss: 0x48,
  /** Free for tests: 0x58, 0x60 … 0x78. */
  Free: 0x58,
} as const;

export const Place = {
  /** IVT of real mode below; then GDT, IDT, handlers (16 bytes each), TSS, code, data, stacks (tops). */
  gdt: 0x1000,
  idt: 0x2000,
  handlers: 0x3000,
  tss: 0x4000,
  code: 0x5000,
  data: 0x6000,
  stack: 0x8000,
  kernelStack: 0x9000,
  /** PML4, PDPT, PD and two page tables: 4 MiB one to one, user, writable. */
  pageTables: 0x1_0000,
  /** 32-bit paging of the same: directory and one table. */
  pageTables32: 0x1_8000,
} as const;

const descriptors: readonly bigint[] = [
  0n,
  0x00cf_9b00_0000_ffffn,
  0x00cf_9300_0000_ffffn,
  0x00af_9b00_0000_ffffn,
  0x00cf_f300_0000_ffffn,
  0x00cf_fb00_0000_ffffn,
  0x00af_fb00_0000_ffffn,
  0x0000_9b00_0000_ffffn,
  0x0000_9300_0000_ffffn,
];
/** TSS with an I/O bitmap of 32 bytes that permits ports 0x80–0x87 only; its redirection bitmap is all zeros. */
const TSS_LIMIT = 0x67 + 32 + 33;
const IO_MAP = 0x68 + 32;

export type Mode = "real" | "protected" | "long" | "user32" | "user64" | "compat";

export interface Outcome {
  readonly exit: VmExit;
  /** Vector of the handler in which the processor halted; undefined: it halted or left elsewhere. */
  readonly vector: number | undefined;
  /** Words of the stack from its pointer up, in the width of the mode. */
  readonly stack: readonly bigint[];
}

export interface Machine {
  readonly vcpu: Vcpu;
  readonly memory: GuestMemory;
  /** Puts code at `Place.code`, RIP there, and runs it to the first exit. */
  run(code: string | readonly number[], budget?: number): Outcome;
  /** What the last exit amounts to. */
  outcome(exit: VmExit): Outcome;
  /** Page table entry of an identity-mapped page, in the 8-byte tables. */
  setPte(page: number, entry: bigint): void;
  setDescriptor(selector: number, low: bigint): void;
}

export const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.replace(/[^0-9a-fA-F]/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

export interface MachineOptions {
  readonly without?: readonly string[];
  readonly tier?: 0 | 1;
}

const RAM_BYTES = 0x40_0000;

let currentTier: 0 | 1 = 0;

/** The same tests on tier 0 and on tier 1. */
export function describeTiers(name: string, body: () => void): void {
  for (const tier of [0, 1] as const) {
    describe(`${name}, tier ${tier}`, () => {
      beforeEach(() => {
        currentTier = tier;
      });
      body();
    });
  }
}

interface Parts {
  readonly memory: GuestMemory;
  readonly vcpu: Vcpu;
  readonly missing: Set<string>;
}

/** Memories are dear: each reserves gigabytes of addresses. A test's machines go back here when it ends. */
const idle = new Map<0 | 1, Parts[]>();

function takeParts(tier: 0 | 1): Parts {
  let parts = idle.get(tier)?.pop();
  if (parts === undefined) {
    const memory = createGuestMemory({ arenaBytes: 0x100_0000, ram: [{ base: 0, size: RAM_BYTES }] });
    const missing = new Set<string>();
    parts = { memory, missing, vcpu: createVcpu({ memory, features: { has: (name) => !missing.has(name) }, tier }) };
  }
  const taken = parts;
  onTestFinished(() => {
    idle.set(tier, [...(idle.get(tier) ?? []), taken]);
  });
  const { memory, vcpu, missing } = parts;
  memory.fill(0, RAM_BYTES, 0);
  missing.clear();
  vcpu.breakpoints.clear();
  vcpu.watch([]);
  vcpu.answerExits(undefined);
  Object.assign(vcpu.intercepts, createIntercepts());
  vcpu.exceptionBitmap = 0;
  vcpu.reset();
  vcpu.cpu.retired = 0;
  return parts;
}

const RIGHTS: Readonly<Record<number, number>> = {
  [Selector.Code32]: 0xc09b,
  [Selector.Data]: 0xc093,
  [Selector.Code64]: 0xa09b,
  [Selector.UserData]: 0xc0f3,
  [Selector.UserCode32]: 0xc0fb,
  [Selector.UserCode64]: 0xa0fb,
};

export function createMachine(mode: Mode, options: MachineOptions = {}): Machine {
  const { memory, vcpu, missing } = takeParts(options.tier ?? currentTier);
  for (const feature of options.without ?? []) missing.add(feature);
  const isLong = mode === "long" || mode === "user64" || mode === "compat";

  for (const [n, descriptor] of descriptors.entries()) memory.writeU64(Place.gdt + n * 8, descriptor);
  memory.writeU64(Place.gdt + Selector.Tss, BigInt(TSS_LIMIT) | (BigInt(Place.tss) << 16n) | (0x8bn << 40n));
  for (let vector = 0; vector < 256; vector++) {
    const handler = Place.handlers + vector * 16;
    memory.writeU8(handler, 0xf4);
    // INT3, INTO and vector 0x81 are open to ring 3.
    const rights = vector === 3 || vector === 4 || vector === 0x81 ? 0xee00 : 0x8e00;
    const selector = isLong ? Selector.Code64 : Selector.Code32;
    if (mode === "real") {
      memory.writeU32(vector * 4, handler);
      continue;
    }
    const entry = Place.idt + vector * (isLong ? 16 : 8);
    memory.writeU32(entry, (selector << 16) | handler);
    memory.writeU32(entry + 4, rights);
  }
  if (isLong) {
    memory.writeU64(Place.tss + 4, BigInt(Place.kernelStack));
    memory.writeU64(Place.tss + 36, BigInt(Place.kernelStack + 0x800));
  } else {
    memory.writeU32(Place.tss + 4, Place.kernelStack);
    memory.writeU16(Place.tss + 8, Selector.Data);
  }
  memory.writeU16(Place.tss + 0x66, IO_MAP);
  memory.fill(Place.tss + IO_MAP, 33, 0xff);
  memory.writeU8(Place.tss + IO_MAP + 0x10, 0);

  const [pml4, pdpt, directory] = [0, 1, 2].map((n) => Place.pageTables + n * 0x1000) as [number, number, number];
  memory.writeU64(pml4, BigInt(pdpt | 7));
  memory.writeU64(pdpt, BigInt(directory | 7));
  for (let table = 0; table < 2; table++) {
    memory.writeU64(directory + table * 8, BigInt((directory + 0x1000 * (table + 1)) | 7));
  }
  const setPte = (page: number, entry: bigint): void => {
    memory.writeU64(directory + 0x1000 + (page >>> 12) * 8, entry);
    vcpu.flushTlb();
  };
  const tables = new BigUint64Array(RAM_BYTES / 0x1000).map((_, n) => BigInt((n << 12) | 7));
  memory.write(directory + 0x1000, new Uint8Array(tables.buffer));
  memory.writeU32(Place.pageTables32, (Place.pageTables32 + 0x1000) | 7);
  const tables32 = new Uint32Array(1024).map((_, n) => (n << 12) | 7);
  memory.write(Place.pageTables32 + 0x1000, new Uint8Array(tables32.buffer));

  const isUser = mode === "user32" || mode === "user64";
  const codeSelector = {
    real: 0,
    protected: Selector.Code32,
    long: Selector.Code64,
    user32: Selector.UserCode32,
    user64: Selector.UserCode64,
    compat: Selector.Code32,
  }[mode];
  const dataSelector = mode === "real" ? 0 : isUser ? Selector.UserData : Selector.Data;
  const segment = (selector: number, limit: number, rights: number) => ({
    selector,
    base: 0n,
    limit,
    attributes: rights,
  });
  vcpu.loadEntryState({
    rip: BigInt(Place.code),
    rflags: 2n,
    registers: { 4: BigInt(Place.stack) },
    cr0: isLong ? 0x8000_0031n : mode === "real" ? 0x10n : 0x31n,
    cr3: BigInt(Place.pageTables),
    cr4: isLong ? 0x620n : 0x600n,
    efer: isLong ? 0x901n : 0n,
    code: segment(codeSelector, mode === "real" ? 0xffff : 0xffff_ffff, RIGHTS[codeSelector] ?? 0x9b),
    data: segment(dataSelector, mode === "real" ? 0xffff : 0xffff_ffff, RIGHTS[dataSelector] ?? 0x93),
    gdt: { base: BigInt(Place.gdt), limit: 0x7f },
  });
  if (isUser) vcpu.cpl = 3;
  if (mode === "real") {
    vcpu.setTable("idtr", { base: 0n, limit: 0x3ff });
  } else {
    vcpu.setTable("idtr", { base: BigInt(Place.idt), limit: 0xfff });
    vcpu.setSegment("tr", { selector: Selector.Tss, base: BigInt(Place.tss), limit: TSS_LIMIT, attributes: 0x8b });
  }

  const outcome = (exit: VmExit): Outcome => {
    const at = Number(vcpu.rip) - Place.handlers;
    const inHandler = exit.reason === "hlt" && at >= 0 && at < 0x1000 && at % 16 === 0;
    const width = vcpu.cpu.code64 ? 8 : mode === "real" ? 2 : 4;
    const pointer = Number(vcpu.readRegister(4) & 0xffff_ffffn);
    const word = (at: number): number | bigint | undefined =>
      width === 8 ? memory.readU64(at) : width === 4 ? memory.readU32(at) : memory.readU16(at);
    const stack = Array.from({ length: 9 }, (_, n) => BigInt(word(pointer + n * width) ?? 0));
    return { exit, vector: inHandler ? at / 16 : undefined, stack };
  };

  return {
    vcpu,
    memory,
    run(code, budget = 1000) {
      memory.write(Place.code, typeof code === "string" ? bytesOf(code) : Uint8Array.from(code));
      vcpu.rip = BigInt(Place.code);
      return outcome(vcpu.run(budget));
    },
    outcome,
    setPte,
    setDescriptor(selector, low) {
      memory.writeU64(Place.gdt + (selector & 0xfff8), low);
    },
  };
}
