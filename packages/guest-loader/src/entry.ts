/**
 * Entry states. Sources: SDM vol. 3 §10.1 (state after reset), §25.4.1 (access rights); Multiboot 0.6.96 §3.2 (machine
 * state); BIOS boot convention: 0000:7c00 with DL = drive.
 */
import type { EntrySegment, EntryState, ImageSegment } from "./guest-image.ts";

const CR0_PE = 1n;
const CR0_ET = 1n << 4n;
const CR0_PG = 1n << 31n;
const CR4_PAE = 1n << 5n;
const CR4_OSFXSR = 1n << 9n;
const CR4_OSXMMEXCPT = 1n << 10n;
const EFER_LME = 1n << 8n;

const CODE32_DESCRIPTOR = 0x00cf_9b00_0000_ffffn;
const DATA_DESCRIPTOR = 0x00cf_9300_0000_ffffn;
const CODE64_DESCRIPTOR = 0x00af_9b00_0000_ffffn;

/** Four descriptors, flat segments. */
export interface Gdt {
  /** Selectors. */
  readonly code32: number;
  readonly code64: number;
  readonly data: number;
}

const plainGdt: Gdt = { code32: 0x08, data: 0x10, code64: 0x18 };
/** Linux' boot protocols: __BOOT_CS is 0x10, of the width of the entry, and __BOOT_DS 0x18. */
export const linuxGdt: Readonly<Record<32 | 64, Gdt>> = {
  32: { code32: 0x10, code64: 0x08, data: 0x18 },
  64: { code32: 0x08, code64: 0x10, data: 0x18 },
};

const segment = (selector: number, limit: number, attributes: number): EntrySegment => ({
  selector,
  base: BigInt(attributes < 0x1000 && limit === 0xffff ? selector * 16 : 0),
  limit,
  attributes,
});

const reset = { rflags: 2n, cr0: CR0_ET, cr3: 0n, cr4: 0n, efer: 0n } as const;

/** Real mode at cs:ip = 0000:address. */
export function realModeEntry(address: number, registers: EntryState["registers"]): EntryState {
  const data = segment(0, 0xffff, 0x0093);
  return {
    ...reset,
    mode: "real",
    rip: BigInt(address),
    registers,
    code: segment(0, 0xffff, 0x009b),
    data,
    gdt: { base: 0n, limit: 0xffff },
  };
}

/** Protected mode, flat 4 GiB segments, paging and interrupts off; the GDT stands in `tableSegments(base)`. */
export function protectedModeEntry(
  address: number,
  tables: number,
  registers: EntryState["registers"],
  gdt: Gdt = plainGdt,
): EntryState {
  return {
    ...reset,
    mode: "protected",
    rip: BigInt(address),
    registers,
    cr0: CR0_ET | CR0_PE,
    code: segment(gdt.code32, 0xffff_ffff, 0xc09b),
    data: segment(gdt.data, 0xffff_ffff, 0xc093),
    gdt: { base: BigInt(tables), limit: 31 },
  };
}

/** Long mode with the first 4 GiB mapped one to one; GDT and page tables stand in `tableSegments(base)`. SSE is on. */
export function longModeEntry(
  address: bigint,
  tables: number,
  registers: EntryState["registers"],
  gdt: Gdt = plainGdt,
): EntryState {
  return {
    ...reset,
    mode: "long",
    rip: address,
    registers,
    cr0: CR0_ET | CR0_PE | CR0_PG,
    cr3: BigInt(tables + 0x1000),
    cr4: CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT,
    efer: EFER_LME,
    code: segment(gdt.code64, 0xffff_ffff, 0xa09b),
    data: segment(gdt.data, 0xffff_ffff, 0xc093),
    gdt: { base: BigInt(tables), limit: 31 },
  };
}

/** Bytes that `tableSegments` takes. */
export const TABLE_BYTES = 0x7000;

/**
 * At a page-aligned address: a GDT (null and three flat segments), and at +0x1000 page tables of 2 MiB pages that map
 * the first 4 GiB one to one, writable, supervisor.
 */
export function tableSegments(base: number, paging: boolean, gdt: Gdt = plainGdt): ImageSegment[] {
  const bytes = new Uint8Array(paging ? TABLE_BYTES : 0x20);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(gdt.code32, CODE32_DESCRIPTOR, true);
  view.setBigUint64(gdt.data, DATA_DESCRIPTOR, true);
  view.setBigUint64(gdt.code64, CODE64_DESCRIPTOR, true);
  if (paging) {
    const PRESENT_WRITABLE = 3n;
    const LARGE = 0x80n;
    view.setBigUint64(0x1000, BigInt(base + 0x2000) | PRESENT_WRITABLE, true);
    for (let gib = 0; gib < 4; gib++) {
      view.setBigUint64(0x2000 + gib * 8, BigInt(base + 0x3000 + gib * 0x1000) | PRESENT_WRITABLE, true);
      for (let i = 0; i < 512; i++)
        view.setBigUint64(
          0x3000 + gib * 0x1000 + i * 8,
          (BigInt(gib * 512 + i) << 21n) | PRESENT_WRITABLE | LARGE,
          true,
        );
    }
  }
  return [{ name: paging ? "GDT and page tables" : "GDT", address: base, bytes, memorySize: bytes.length }];
}
