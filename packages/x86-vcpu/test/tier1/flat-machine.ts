/** A vCPU in 64-bit mode (or 32-bit, flat) with identity mapping, for tests and benchmarks of the tiers. */
import { createGuestMemory, type GuestMemory } from "guest-memory";
import type { Cpu } from "../../src/cpu.ts";
import type { Tier } from "../../src/tier.ts";
import { createTier0 } from "../../src/tier0/index.ts";
import { createTier1 } from "../../src/tier1/tier1.ts";
import { createVcpu, type Vcpu } from "../../src/vcpu.ts";

export const RAM_BYTES = 16 << 20;
const PAGE_TABLES = 0x1000;

export interface FlatMachine {
  readonly vcpu: Vcpu;
  readonly memory: GuestMemory;
}

export const tiers: { readonly [name: string]: (cpu: Cpu) => Tier } = {
  "tier 0": createTier0,
  "tier 1": (cpu) => createTier1(cpu, { codeBytes: 1 << 20 }),
};

/** bits 64: long mode, 4 KiB pages so that single ones can be unmapped (`unmap`). 32: protected mode without paging. 16: real mode. */
export function flatMachine(createTier: (cpu: Cpu) => Tier, bits: 64 | 32 | 16 = 64): FlatMachine {
  const memory = createGuestMemory({ arenaBytes: 4 << 20, ram: [{ base: 0, size: RAM_BYTES }] });
  const vcpu = createVcpu({ memory, features: { has: () => true }, createTier });
  if (bits === 16) {
    vcpu.setSegment("cs", { ...vcpu.segment("cs"), selector: 0, base: 0n });
    return { vcpu, memory };
  }
  const data = { selector: 16, base: 0n, limit: 0xffff_ffff, attributes: 0xc093 };
  for (const name of ["ds", "es", "ss", "fs", "gs"] as const) vcpu.setSegment(name, data);
  const code = { selector: 8, base: 0n, limit: 0xffff_ffff, attributes: bits === 64 ? 0xa09b : 0xc09b };
  if (bits === 64) {
    memory.writeU64(PAGE_TABLES, BigInt(PAGE_TABLES + 0x1000) | 7n);
    memory.writeU64(PAGE_TABLES + 0x1000, BigInt(PAGE_TABLES + 0x2000) | 7n);
    for (let table = 0; table < RAM_BYTES >> 21; table++) {
      const at = PAGE_TABLES + 0x3000 + table * 0x1000;
      memory.writeU64(PAGE_TABLES + 0x2000 + table * 8, BigInt(at) | 7n);
      for (let page = 0; page < 512; page++) memory.writeU64(at + page * 8, BigInt((table << 21) + (page << 12)) | 7n);
    }
    vcpu.writeControl("cr4", 0x620n);
    vcpu.writeControl("cr3", BigInt(PAGE_TABLES));
    vcpu.writeControl("efer", 0x501n);
    vcpu.writeControl("cr0", 0x8000_0033n);
  } else {
    vcpu.writeControl("cr4", 0x600n);
    vcpu.writeControl("cr0", 0x33n);
  }
  vcpu.setSegment("cs", code);
  return { vcpu, memory };
}

const setEntry = ({ vcpu, memory }: FlatMachine, address: number, entry: bigint): void => {
  memory.writeU64(PAGE_TABLES + 0x3000 + (address >>> 21) * 0x1000 + ((address >>> 12) & 511) * 8, entry);
  vcpu.writeControl("cr3", BigInt(PAGE_TABLES));
};

/** Takes a page out of the identity map. */
export const unmap = (machine: FlatMachine, address: number): void => setEntry(machine, address, 0n);

/** Makes a page of the identity map show another one. */
export const mapTo = (machine: FlatMachine, address: number, page: number): void =>
  setEntry(machine, address, BigInt(page) | 7n);
