/** Writes to control registers and EFER, with their checks and consequences (SDM vol. 3 §2.5, §5.10.4, §11.8.5). */
import { Vector } from "x86-lift";
import { Cr0, Cr4, Efer } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { isCanonical } from "../mmu/segmentation.ts";
import { high32 } from "../mmu/system-access.ts";
import { SegmentAttribute, SegmentIndex, segmentAttributesOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";

const cr0Bits = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS | Cr0.ET | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.NW | Cr0.CD | Cr0.PG;

/** CR4 bits and the CPUID feature that each needs; undefined: always there. */
const cr4Features: readonly (readonly [bit: number, feature: string | undefined])[] = [
  [Cr4.VME, undefined],
  [Cr4.PVI, undefined],
  [Cr4.TSD, undefined],
  [Cr4.DE, undefined],
  [Cr4.PSE, undefined],
  [Cr4.PAE, undefined],
  [Cr4.MCE, undefined],
  [Cr4.PGE, undefined],
  [Cr4.PCE, undefined],
  [Cr4.OSFXSR, "fxsr"],
  [Cr4.OSXMMEXCPT, "sse"],
  [Cr4.UMIP, "umip"],
  [Cr4.LA57, "la57"],
  [Cr4.FSGSBASE, "fsgsbase"],
  [Cr4.PCIDE, "pcid"],
  [Cr4.OSXSAVE, "xsave"],
  [Cr4.SMEP, "smep"],
  [Cr4.SMAP, "smap"],
  [Cr4.PKE, "pku"],
];

/** CR4 bits that this processor lets a guest set. */
export function legalCr4(cpu: Cpu): number {
  let legal = 0;
  for (const [bit, feature] of cr4Features) if (feature === undefined || cpu.features.has(feature)) legal |= bit;
  return legal;
}

const paging = (cpu: Cpu): boolean => (cpu.cr0 & Cr0.PG) !== 0;
const usesPdptes = (cr0: number, cr4: number, efer: number): boolean =>
  (cr0 & Cr0.PG) !== 0 && (cr4 & Cr4.PAE) !== 0 && (efer & Efer.LMA) === 0;

/** Bits 52–62, and what is above MAXPHYADDR, in the high word of a CR3 or PDPTE. */
const reservedHigh = (cpu: Cpu): number => ~(2 ** (cpu.physicalAddressBits - 32) - 1);

/** Loads the PDPTE registers for PAE paging. False: #GP(0), nothing changed. */
export function loadPdptes(cpu: Cpu, cr3: bigint): boolean {
  const table = Number(cr3 & 0xffff_ffe0n);
  const loaded = new Int32Array(8);
  for (let n = 0; n < 4; n++) {
    const host = cpu.memory.hostOffset(table + n * 8);
    const low = host < 0 ? -1 : cpu.i32[host >>> 2]!;
    const high = host < 0 ? -1 : cpu.i32[(host >>> 2) + 1]!;
    // Bits 2:1 and 8:5 are reserved.
    if ((low & 1) !== 0 && ((low & 0x1e6) !== 0 || (high & reservedHigh(cpu)) !== 0)) return false;
    loaded[n * 2] = low;
    loaded[n * 2 + 1] = high;
  }
  cpu.pdpte.set(loaded);
  return true;
}

/** MOV to CR0 and LMSW. */
export function writeCr0(cpu: Cpu, value: bigint): HelperStatus {
  const fault = (): HelperStatus => cpu.raise(Vector.GP, 0);
  const { cr0: old, cr4, efer } = cpu;
  if (value >> 32n !== 0n) return fault();
  // Reserved bits are ignored; ET is fixed to 1.
  const next = (Number(value & 0xffff_ffffn) & cr0Bits) | Cr0.ET;
  const isSet = (bit: number): boolean => (next & bit) !== 0;
  const changes = (bit: number): boolean => ((next ^ old) & bit) !== 0;
  if (isSet(Cr0.PG) && !isSet(Cr0.PE)) return fault();
  if (isSet(Cr0.NW) && !isSet(Cr0.CD)) return fault();
  if (changes(Cr0.PG) && !isSet(Cr0.PG)) {
    if (cpu.code64 || (cr4 & Cr4.PCIDE) !== 0) return fault();
  }
  let nextEfer = efer;
  if (changes(Cr0.PG)) {
    if (isSet(Cr0.PG) && (efer & Efer.LME) !== 0) {
      const csLong = (cpu.get16(segmentAttributesOffset(SegmentIndex.CS)) & SegmentAttribute.Long) !== 0;
      if ((cr4 & Cr4.PAE) === 0 || csLong) return fault();
      nextEfer |= Efer.LMA;
    } else if (!isSet(Cr0.PG)) {
      nextEfer &= ~Efer.LMA;
    }
  }
  const reload = usesPdptes(next, cr4, nextEfer) && changes(Cr0.PG | Cr0.CD | Cr0.NW);
  if (reload && !loadPdptes(cpu, cpu.get64(StateOffset.cr3))) return fault();

  cpu.set64(StateOffset.cr0, BigInt(next >>> 0));
  cpu.set32(StateOffset.efer, nextEfer);
  if (changes(Cr0.PE)) enterOrLeaveProtectedMode(cpu);
  if (changes(Cr0.PG | Cr0.PE | Cr0.WP)) cpu.tlb.flush();
  cpu.updateModeKey();
  return HelperStatus.Continue;
}

/** Segment registers keep their hidden parts; only the privilege level is decided anew. */
function enterOrLeaveProtectedMode(cpu: Cpu): void {
  cpu.cpl = 0;
}

/** MOV to CR3. The TLB has no PCIDs, so bit 63 (keep the translations of the new PCID) counts only where that does not change. */
export function writeCr3(cpu: Cpu, value: bigint): HelperStatus {
  const { cr0, cr4, efer } = cpu;
  let next = value;
  let keeps = false;
  if ((efer & Efer.LMA) !== 0) {
    if ((cr4 & Cr4.PCIDE) !== 0) {
      next &= ~(1n << 63n);
      keeps = next !== value && ((next ^ cpu.get64(StateOffset.cr3)) & 0xfffn) === 0n;
    }
    if ((high32(next) & reservedHigh(cpu)) !== 0) return cpu.raise(Vector.GP, 0);
  } else {
    next &= 0xffff_ffffn;
    if (usesPdptes(cr0, cr4, efer) && !loadPdptes(cpu, next)) return cpu.raise(Vector.GP, 0);
  }
  cpu.set64(StateOffset.cr3, next);
  if (!keeps) cpu.tlb.flushNonGlobal();
  return HelperStatus.Continue;
}

/** MOV to CR4. */
export function writeCr4(cpu: Cpu, value: bigint): HelperStatus {
  const fault = (): HelperStatus => cpu.raise(Vector.GP, 0);
  const { cr0, cr4: old, efer } = cpu;
  if (value >> 32n !== 0n) return fault();
  const next = Number(value) | 0;
  const changes = next ^ old;
  if ((next & ~legalCr4(cpu)) !== 0) return fault();
  if ((efer & Efer.LMA) !== 0) {
    if ((next & Cr4.PAE) === 0 || (changes & Cr4.LA57) !== 0) return fault();
  } else if ((changes & next & Cr4.PCIDE) !== 0) {
    return fault();
  }
  if ((changes & next & Cr4.PCIDE) !== 0 && (cpu.get32(StateOffset.cr3) & 0xfff) !== 0) return fault();
  const affectsPdptes = (changes & (Cr4.PAE | Cr4.PGE | Cr4.PSE | Cr4.SMEP)) !== 0;
  if (affectsPdptes && usesPdptes(cr0, next, efer) && !loadPdptes(cpu, cpu.get64(StateOffset.cr3))) return fault();
  cpu.set64(StateOffset.cr4, BigInt(next >>> 0));
  const translation = Cr4.PAE | Cr4.PGE | Cr4.PSE | Cr4.SMEP | Cr4.SMAP | Cr4.PKE | Cr4.PCIDE | Cr4.LA57;
  if ((changes & translation) !== 0) cpu.tlb.flush();
  cpu.updateModeKey();
  return HelperStatus.Continue;
}

/** MOV to CR8: the task priority, 0–15. */
export function writeCr8(cpu: Cpu, value: bigint): HelperStatus {
  if (value > 15n) return cpu.raise(Vector.GP, 0);
  if (cpu.taskPriority === undefined) cpu.set64(StateOffset.cr8, value);
  else cpu.taskPriority.write(Number(value));
  return HelperStatus.Continue;
}

export const readCr8 = (cpu: Cpu): bigint =>
  cpu.taskPriority === undefined ? cpu.get64(StateOffset.cr8) : BigInt(cpu.taskPriority.read() & 15);

/** WRMSR to IA32_EFER. False: #GP(0). LMA is not written, but kept as paging decides it. */
export function writeEfer(cpu: Cpu, value: bigint): boolean {
  const { efer: old } = cpu;
  let legal: number = Efer.LMA;
  if (cpu.features.has("syscall")) legal |= Efer.SCE;
  if (cpu.features.has("x64")) legal |= Efer.LME;
  if (cpu.features.has("nx")) legal |= Efer.NXE;
  if (cpu.features.has("ffxsr")) legal |= Efer.FFXSR;
  if ((value & ~BigInt(legal)) !== 0n) return false;
  const next = (Number(value) & ~Efer.LMA) | (old & Efer.LMA);
  if (((next ^ old) & Efer.LME) !== 0 && paging(cpu)) return false;
  cpu.set32(StateOffset.efer, next);
  if (((next ^ old) & Efer.NXE) !== 0) cpu.tlb.flush();
  cpu.updateModeKey();
  return true;
}

const XCR0_X87 = 1n;
const XCR0_SSE = 2n;

/** XSETBV to XCR0 (SDM vol. 2): x87 state is always on, SSE may be, there is nothing else. False: #GP(0). */
export function writeXcr0(cpu: Cpu, value: bigint): boolean {
  if ((value & XCR0_X87) === 0n || (value & ~(XCR0_X87 | XCR0_SSE)) !== 0n) return false;
  cpu.set64(StateOffset.xcr0, value);
  return true;
}

/** Is the 64-bit value canonical in the current paging mode? */
export const isCanonicalAddress = (cpu: Cpu, value: bigint): boolean => isCanonical(cpu, high32(value));
