/**
 * Page tables (SDM vol. 3 chapter 5): 32-bit, PAE, 4-level and 5-level paging, with accessed and dirty bits.
 */
import { Cr0, Cr4, Efer } from "../control-bits.ts";
import { Access, type Cpu } from "../cpu.ts";
import { StateOffset } from "../state-layout.ts";
import { TlbContext } from "../tlb.ts";

/** Error code bits of #PF (SDM vol. 3 §5.7). */
export const PageFault = { P: 1 << 0, W: 1 << 1, U: 1 << 2, RSVD: 1 << 3, I: 1 << 4, PK: 1 << 5 } as const;

const entryPresent = 1 << 0;
const entryWritable = 1 << 1;
const entryUser = 1 << 2;
const entryAccessed = 1 << 5;
const entryDirty = 1 << 6;
const entryLarge = 1 << 7;
const entryGlobal = 1 << 8;
/** Bit 63, in the high word. */
const entryNoExecute = 1 << 31;

/** Working state and result of a walk; one for each processor, refilled by each walk. */
export interface Walk {
  /** −1: translated. Otherwise the #PF error code. */
  errorCode: number;
  /** Guest-physical address of the byte. */
  gpa: number;
  /** log2 of the page's size: 12, 21, 22 or 30. */
  pageShift: number;
  isGlobal: boolean;
  /** Entries on the way, for the accessed bits. */
  readonly entryGpa: Float64Array;
  readonly entryLow: Int32Array;
  entries: number;
  /** R/W and U/S of all levels, as bits of an entry; XD of any level; protection key of the leaf. */
  rights: number;
  isExecuteDisabled: boolean;
  protectionKey: number;
}

export const createWalk = (): Walk => ({
  errorCode: -1,
  gpa: 0,
  pageShift: 12,
  isGlobal: false,
  entryGpa: new Float64Array(5),
  entryLow: new Int32Array(5),
  entries: 0,
  rights: 0,
  isExecuteDisabled: false,
  protectionKey: 0,
});

/**
 * Translates a linear address for an access by a context into `cpu.walk`. Sets accessed and dirty bits when the
 * access is allowed; changes nothing and gives the #PF error code when it is not. CR0.PG is set.
 */
export function walkPages(cpu: Cpu, low: number, high: number, access: Access, context: TlbContext): void {
  const { walk, cr4 } = cpu;
  const isPae = (cr4 & Cr4.PAE) !== 0;
  const noExecute = isPae && (cpu.efer & Efer.NXE) !== 0;
  const code =
    (access === Access.Write ? PageFault.W : 0) |
    (context === TlbContext.User ? PageFault.U : 0) |
    (access === Access.Fetch && (noExecute || (cr4 & Cr4.SMEP) !== 0) ? PageFault.I : 0);
  walk.entries = 0;
  walk.pageShift = 12;
  const fault = isPae ? walkWide(cpu, low, high, noExecute) : walkNarrow(cpu, low);
  walk.errorCode = fault === 0 ? finish(cpu, access, context, code) : fault === NOT_PRESENT ? code : code | fault;
}

/** Outcomes of the way down: 0 found, not present, or the bits of a reserved-bit violation. */
const NOT_PRESENT = -1;
const RESERVED = PageFault.P | PageFault.RSVD;

/** 32-bit paging: two levels of 4-byte entries. */
function walkNarrow(cpu: Cpu, low: number): number {
  const { walk } = cpu;
  const directory = cpu.get32(StateOffset.cr3) & 0xffff_f000;
  const pde = readEntry(cpu, (directory >>> 0) + (low >>> 22) * 4);
  if ((pde & entryPresent) === 0) return NOT_PRESENT;
  walk.isExecuteDisabled = false;
  walk.protectionKey = 0;
  if ((pde & entryLarge) !== 0 && (cpu.cr4 & Cr4.PSE) !== 0) {
    // PSE-36: bits 20:13 are address bits 39:32; bit 21 and those above MAXPHYADDR are reserved.
    const above = Math.min(8, Math.max(0, cpu.physicalAddressBits - 32));
    if ((pde & 0x3f_e000 & ~(((1 << above) - 1) << 13)) !== 0) return RESERVED;
    walk.rights = pde;
    walk.pageShift = 22;
    walk.isGlobal = (pde & entryGlobal) !== 0;
    walk.gpa = ((pde >>> 13) & 0xff) * 0x1_0000_0000 + ((pde & 0xffc0_0000) >>> 0) + (low & 0x3f_ffff);
    return 0;
  }
  const pte = readEntry(cpu, ((pde & 0xffff_f000) >>> 0) + ((low >>> 12) & 0x3ff) * 4);
  if ((pte & entryPresent) === 0) return NOT_PRESENT;
  walk.rights = pde & pte;
  walk.isGlobal = (pte & entryGlobal) !== 0;
  walk.gpa = ((pte & 0xffff_f000) >>> 0) + (low & 0xfff);
  return 0;
}

/** PAE, 4-level and 5-level paging: 8-byte entries, nine bits of the address each. */
function walkWide(cpu: Cpu, low: number, high: number, noExecute: boolean): number {
  const { walk, longMode } = cpu;
  // High-word bits that must be zero: physical address bits beyond MAXPHYADDR, XD without EFER.NXE; PAE: 62:52 too.
  const addressHigh = 2 ** (cpu.physicalAddressBits - 32) - 1;
  const reservedHigh = (0xf_ffff & ~addressHigh) | (noExecute ? 0 : entryNoExecute) | (longMode ? 0 : 0x7ff0_0000);
  walk.rights = entryWritable | entryUser;
  walk.isExecuteDisabled = false;
  walk.protectionKey = 0;
  let level: number;
  let table: number;
  if (longMode) {
    level = (cpu.cr4 & Cr4.LA57) !== 0 ? 4 : 3;
    const cr3 = (cpu.base + StateOffset.cr3) >>> 2;
    table = (cpu.u32[cr3 + 1]! & 0xf_ffff) * 0x1_0000_0000 + ((cpu.u32[cr3]! & 0xffff_f000) >>> 0);
  } else {
    level = 1;
    const at = (low >>> 30) * 2;
    const pdpte = cpu.pdpte[at]!;
    if ((pdpte & entryPresent) === 0) return NOT_PRESENT;
    table = (cpu.pdpte[at + 1]! & 0xf_ffff) * 0x1_0000_0000 + ((pdpte & 0xffff_f000) >>> 0);
  }
  for (; ; level--) {
    // Bits 12 + 9 × level and up of the 64-bit address.
    const shift = 12 + 9 * level;
    const index =
      (shift >= 32 ? high >>> (shift - 32) : (low >>> shift) | (shift > 23 ? high << (32 - shift) : 0)) & 0x1ff;
    const entry = readEntry(cpu, table + index * 8);
    if ((entry & entryPresent) === 0) return NOT_PRESENT;
    const entryHigh = readEntryHigh(cpu, table + index * 8);
    if ((entryHigh & reservedHigh) !== 0) return RESERVED;
    walk.rights &= entry;
    if (entryHigh < 0) walk.isExecuteDisabled = true;
    const page = (entryHigh & addressHigh) * 0x1_0000_0000 + ((entry & 0xffff_f000) >>> 0);
    const isLeaf = level === 0 || (entry & entryLarge) !== 0;
    if (!isLeaf) {
      table = page;
      continue;
    }
    if (level > 2) return RESERVED;
    if (level === 2 && !longMode) return RESERVED;
    const offsetMask = 2 ** shift - 1;
    walk.pageShift = shift;
    // Bit 12 of a large page is PAT; the other bits below the page size are reserved.
    if (level > 0 && (entry & offsetMask & 0xffff_e000) !== 0) return RESERVED;
    walk.isGlobal = (entry & entryGlobal) !== 0;
    walk.protectionKey = (entryHigh >>> 27) & 0xf;
    walk.gpa = page - (level > 0 ? entry & 0x1000 : 0) + (low & offsetMask);
    return 0;
  }
}

/** Rights, then accessed and dirty bits. Returns −1 or the error code. */
function finish(cpu: Cpu, access: Access, context: TlbContext, code: number): number {
  const { walk, cr4 } = cpu;
  const isUserPage = (walk.rights & entryUser) !== 0;
  const isWritable = (walk.rights & entryWritable) !== 0;
  const isUserAccess = context === TlbContext.User;
  const writeProtect = (cpu.cr0 & Cr0.WP) !== 0;
  const denied = code | PageFault.P;
  if (isUserAccess && !isUserPage) return denied;
  if (access === Access.Fetch) {
    if (walk.isExecuteDisabled) return denied;
    if (!isUserAccess && isUserPage && (cr4 & Cr4.SMEP) !== 0) return denied;
  } else {
    if (access === Access.Write && !isWritable && (isUserAccess || writeProtect)) return denied;
    if (!isUserAccess && isUserPage && (cr4 & Cr4.SMAP) !== 0 && context !== TlbContext.SupervisorWithAc) return denied;
    if (isUserPage && (cr4 & Cr4.PKE) !== 0 && cpu.longMode) {
      const key = cpu.get32(StateOffset.pkru) >>> (walk.protectionKey * 2);
      const isDenied =
        (key & 1) !== 0 || ((key & 2) !== 0 && access === Access.Write && (isUserAccess || writeProtect));
      if (isDenied) return denied | PageFault.PK;
    }
  }
  for (let n = 0; n < walk.entries; n++) {
    const isLeaf = n === walk.entries - 1;
    const wanted = entryAccessed | (isLeaf && access === Access.Write ? entryDirty : 0);
    if ((walk.entryLow[n]! & wanted) !== wanted) markEntry(cpu, walk.entryGpa[n]!, wanted);
  }
  return -1;
}

/** Low word of an entry, remembered for its accessed bit. Where no memory is, all ones come back, as on a bus. */
function readEntry(cpu: Cpu, gpa: number): number {
  const { walk } = cpu;
  const host = cpu.memory.hostOffset(gpa);
  const low = host < 0 ? -1 : cpu.i32[host >>> 2]!;
  walk.entryGpa[walk.entries] = gpa;
  walk.entryLow[walk.entries] = low;
  walk.entries++;
  return low;
}

function readEntryHigh(cpu: Cpu, gpa: number): number {
  const host = cpu.memory.hostOffset(gpa);
  return host < 0 ? -1 : cpu.i32[(host >>> 2) + 1]!;
}

function markEntry(cpu: Cpu, gpa: number, bits: number): void {
  if (!cpu.memory.isWritable(gpa)) return;
  const host = cpu.memory.hostOffset(gpa);
  cpu.i32[host >>> 2] = cpu.i32[host >>> 2]! | bits;
  cpu.wroteHost(host, 4);
}
