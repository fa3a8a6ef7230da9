/**
 * Guests made of chance: random bytes as code, random descriptors, page tables, TSS, control, debug and model-specific
 * registers, random interrupts and NMIs, everything from one seed. `runWild` runs one and gives a hash of all that
 * happened; it must be the same on every tier.
 */
import { createMachine, type Mode, Place } from "./machine.ts";

export const wildModes: readonly Mode[] = ["real", "protected", "long", "user32", "user64", "compat"];

/** Mulberry32: small, seeded, good enough for bytes. */
export function randomWords(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Bytes that make code go on a little longer: prefixes, short forms, ModR/M of memory near registers. */
const likely = Uint8Array.of(0x0f, 0x66, 0xf3, 0xf2, 0x48, 0x8b, 0x89, 0x01, 0x31, 0xc0, 0x40, 0x50, 0x58, 0xeb, 0x75);

function fillWithCode(bytes: Uint8Array, word: () => number): void {
  for (let n = 0; n < bytes.length; n++) {
    const w = word();
    bytes[n] = (w & 0x300) === 0 ? likely[w % likely.length]! : w & 0xff;
  }
}

/** Exits after which a hypervisor moves past the instruction. */
const skipped = new Set([
  ..."io-instruction cpuid hlt rdmsr wrmsr rdpmc vmcall vmmcall monitor mwait invd wbinvd xsetbv pause".split(" "),
]);

export interface WildResult {
  readonly hash: number;
  /** Instructions and events. */
  readonly retired: number;
  readonly exits: number;
  readonly end: string;
}

const RAM_BYTES = 0x40_0000;
const MAX_EXITS = 20_000;

/** At most `budget` instructions and 20,000 exits. */
export function runWild(seed: number, tier: 0 | 1, budget: number): WildResult {
  const word = randomWords(seed);
  const pick = <T>(of: readonly T[]): T => of[word() % of.length]!;
  const mode = pick(wildModes);
  const machine = createMachine(mode, { tier });
  const { vcpu, memory } = machine;
  const wide = (): bigint => (BigInt(word()) << 32n) | BigInt(word());
  const someBytes = (count: number): Uint8Array => {
    const bytes = new Uint8Array(count);
    fillWithCode(bytes, word);
    return bytes;
  };

  const code = someBytes(0x2000);
  memory.write(Place.code, code.subarray(0, 0x1000));
  memory.write(0x10_0000, code);
  const chance = word();
  // Handlers of their own, where otherwise there is a HLT.
  if ((chance & 1) !== 0) memory.write(Place.handlers, someBytes(0x1000));
  if ((chance & 2) !== 0)
    for (let n = 0; n < 8; n++) memory.writeU64(Place.gdt + 0x40 + n * 8, wide() | (BigInt(word() & 1) << 47n));
  if ((chance & 4) !== 0) {
    const entry = Place.idt + (word() % 32) * 8;
    for (let n = 0; n < 4; n++) memory.writeU64(entry + n * 8, wide());
  }
  if ((chance & 8) !== 0) memory.write(Place.tss, someBytes(0x80));
  if ((chance & 16) !== 0) {
    // Flip bits of page table entries: rights, presence, reserved bits, addresses.
    for (let n = 0; n < 40; n++) {
      const at = Place.pageTables + (word() % 0xa00) * 8;
      memory.writeU64(at, (memory.readU64(at) ?? 0n) ^ (1n << BigInt(word() & 63)));
    }
  }
  for (let n = 0; n < 16; n++) {
    const shift = BigInt(pick([0, 0, 32, 42, 44, 56]));
    if (n !== 4 || (chance & 0x60) === 0) vcpu.writeRegister(n, wide() >> shift);
  }
  if ((chance & 0x80) !== 0)
    for (const bit of [0, 1, 2, 3, 4, 7, 8, 11, 16, 20, 21, 22]) {
      if ((word() & 7) === 0) vcpu.writeControl("cr4", vcpu.cr4 ^ (1n << BigInt(bit)));
    }
  if ((chance & 0x100) !== 0) {
    for (let n = 0; n < 4; n++) vcpu.cpu.set64(0x4e0 + n * 8, BigInt(Place.code + (word() & 0xfff)));
    vcpu.cpu.set32(0x4e0 + 7 * 8, (word() & 0xffff_03ff) | 0x400);
  }
  if ((chance & 0x200) !== 0)
    for (const index of [0xc000_0081, 0xc000_0082, 0x174, 0x176]) vcpu.writeMsr(index, BigInt(word() & 0x1f_ffff));
  if ((chance & 0x400) !== 0) vcpu.rflags = BigInt(word() & 0x3c_7fd7) | 2n;
  if ((chance & 0x800) !== 0) vcpu.exceptionBitmap = word() | 0;
  vcpu.cpu.updateModeKey();
  vcpu.flushTlb();
  vcpu.rip = BigInt(Place.code);

  let hash = 0x811c_9dc5;
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ (value | 0), 0x0100_0193);
  };
  const start = vcpu.retired;
  const end = start + budget;
  let exits = 0;
  let reason = "budget";
  while (vcpu.retired < end && exits < MAX_EXITS) {
    exits++;
    const before = vcpu.retired;
    const stretch = Math.min(end - before, 1 + (word() % (budget > 100_000 ? 100_000 : 3000)));
    const exit = vcpu.run(stretch);
    if (vcpu.retired - before > stretch) throw new Error(`budget ${stretch}, done ${vcpu.retired - before}`);
    // The policy of these machines shows features that have no semantics.
    if (exit.text !== "" && !exit.text.startsWith("no semantics")) throw new Error(`${exit.reason}: ${exit.text}`);
    const { u32, base } = vcpu.cpu;
    mix(exit.reason.length * 31 + exit.reason.charCodeAt(0));
    mix(vcpu.retired - start);
    for (let n = 0; n < 0x90 / 4; n++) mix(u32[(base >>> 2) + n]!);
    mix(vcpu.cpu.readRflags());
    for (let n = 0x3a0 / 4; n < 0x480 / 4; n++) mix(u32[(base >>> 2) + n]!);
    for (let n = 0x100 / 4; n < 0x200 / 4; n++) mix(u32[(base >>> 2) + n]!);
    if (exit.reason === "triple-fault") {
      reason = exit.reason;
      break;
    }
    if (exit.reason === "exception") {
      mix(exit.vector);
      mix(exit.errorCode ?? -1);
      vcpu.injectException(exit.vector, exit.errorCode, exit.faultAddress);
    } else if (exit.reason === "unimplemented") {
      vcpu.injectException(6);
    } else if (exit.reason === "ept-violation") {
      mix(exit.guestPhysical);
      vcpu.completeMmio(someBytes(16));
    } else if (skipped.has(exit.reason)) vcpu.advanceRip(exit.instructionLength);
    const event = word() & 15;
    if (event === 0) vcpu.injectInterrupt(word() & 0xff);
    else if (event === 1) vcpu.injectNmi();
    else if (event === 2) vcpu.requestInterruptWindow();
    else if (event === 3) vcpu.flushTlb();
  }
  const ram = memory.bytes.subarray(memory.hostOffset(0), memory.hostOffset(0) + RAM_BYTES);
  const words = new Int32Array(ram.buffer, ram.byteOffset, ram.byteLength / 4);
  for (let n = 0; n < words.length; n++) mix(words[n]!);
  return { hash, retired: vcpu.retired - start, exits, end: reason };
}
