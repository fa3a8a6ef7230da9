/** MOV CR, MOV DR, LMSW, CLTS, RDTSC, INVLPG, INVPCID, XGETBV (SDM vol. 2). */
import { Vector } from "x86-lift";
import { Cr0, Cr4 } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { type Helper, HelperStatus } from "../helper.ts";
import { fillIntercepted, interceptClts, interceptLmsw, interceptRead, interceptWrite } from "../intercepts.ts";
import { high32, low32 } from "../mmu/system-access.ts";
import { segmentBaseOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { isCanonicalAddress, readCr8, writeCr0, writeCr3, writeCr4, writeCr8 } from "../system/control-registers.ts";
import { read16, read64, write64 } from "./operands.ts";

const controlOffsets: Readonly<Record<number, number>> = {
  0: StateOffset.cr0,
  2: StateOffset.cr2,
  3: StateOffset.cr3,
  4: StateOffset.cr4,
};

/** The instruction at RIP touches something that the hypervisor watches. */
function exitHere(cpu: Cpu, sourceData = 0): HelperStatus {
  if (!fillIntercepted(cpu)) cpu.exit.reason = "stop";
  cpu.exit.sourceData = sourceData;
  return HelperStatus.Exit;
}

const readCr: Helper = (cpu, _a, _b, _c, result, lo) => {
  const value = interceptRead(cpu, lo, lo === 8 ? 0n : cpu.get64(controlOffsets[lo]!));
  if (value === undefined) return exitHere(cpu);
  write64(cpu, result, lo === 8 ? readCr8(cpu) : value);
  return HelperStatus.Continue;
};

const controlWriters: Readonly<Record<number, (cpu: Cpu, value: bigint) => HelperStatus>> = {
  0: writeCr0,
  2: (cpu, value) => {
    cpu.set64(StateOffset.cr2, value);
    return HelperStatus.Continue;
  },
  3: writeCr3,
  4: writeCr4,
  8: writeCr8,
};

const writeCr: Helper = (cpu, a, _b, _c, _result, lo) => {
  const value = interceptWrite(cpu, lo, read64(cpu, a));
  return value === undefined ? exitHere(cpu) : controlWriters[lo]!(cpu, value);
};

const loadMsw: Helper = (cpu, a) => {
  const low = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS;
  const kept = cpu.cr0 & ~(low & ~Cr0.PE);
  const source = read16(cpu, a);
  const value = interceptLmsw(cpu, BigInt(source));
  return value === undefined ? exitHere(cpu, source) : writeCr0(cpu, BigInt((kept | (Number(value) & low)) >>> 0));
};

const clearTaskSwitched: Helper = (cpu) => {
  const outcome = interceptClts(cpu);
  if (outcome === "exit") return exitHere(cpu);
  if (outcome === "keep") return HelperStatus.Continue;
  cpu.set32(StateOffset.cr0, cpu.cr0 & ~Cr0.TS);
  cpu.updateModeKey();
  return HelperStatus.Continue;
};

const DR6_BD = 1 << 13;
const DR7_GD = 1 << 13;
const drOffset = (n: number): number => StateOffset.dr + n * 8;

/** #DB with BD when DR7.GD guards the debug registers; undefined: go on. */
function guard(cpu: Cpu): HelperStatus | undefined {
  if ((cpu.get32(drOffset(7)) & DR7_GD) === 0) return undefined;
  cpu.pendingDr6 |= DR6_BD;
  return cpu.raise(Vector.DB);
}

const readDr: Helper = (cpu, _a, _b, _c, result, lo) => {
  if (cpu.intercepts.movDr) return exitHere(cpu);
  const guarded = guard(cpu);
  if (guarded !== undefined) return guarded;
  write64(cpu, result, cpu.get64(drOffset(lo)));
  return HelperStatus.Continue;
};

const writeDr: Helper = (cpu, a, _b, _c, _result, lo) => {
  if (cpu.intercepts.movDr) return exitHere(cpu);
  const guarded = guard(cpu);
  if (guarded !== undefined) return guarded;
  const value = read64(cpu, a);
  if (lo >= 6 && value >> 32n !== 0n) return cpu.raise(Vector.GP, 0);
  const fixed: Readonly<Record<number, bigint>> = {
    // B0–3, BD, BS, BT may be written; the other bits read as they do without RTM and bus-lock detection.
    6: (value & 0xe00fn) | 0xffff_0ff0n,
    7: (value & 0xffff_2bffn) | 0x400n,
  };
  cpu.set64(drOffset(lo), fixed[lo] ?? value);
  cpu.tlb.flush();
  return HelperStatus.Continue;
};

const readTsc: Helper = (cpu, _a, _b, _c, result) => {
  if (cpu.intercepts.rdtsc) return exitHere(cpu);
  write64(cpu, result, cpu.timeStampCounter);
  return HelperStatus.Continue;
};

const invalidatePage: Helper = (cpu, a, _b, _c, _result, lo) => {
  const offset = read64(cpu, a);
  const isBased = !cpu.code64 || lo >= 4;
  const sum = isBased ? offset + cpu.get64(segmentBaseOffset(lo)) : offset;
  const linear = BigInt.asUintN(cpu.code64 ? 64 : 32, sum);
  cpu.tlb.flushPage(low32(linear), high32(linear));
  return HelperStatus.Continue;
};

const invalidatePcid: Helper = (cpu, a, b, _c, _result, lo) => {
  const type = read64(cpu, a);
  const offset = read64(cpu, b);
  const scratch = cpu.base + StateOffset.scratch;
  const status = cpu.loadSegmented(lo & 7, low32(offset), high32(offset), 16, 0, scratch);
  if (status !== HelperStatus.Continue) return status;
  const pcid = cpu.get64(StateOffset.scratch);
  const address = cpu.get64(StateOffset.scratch + 8);
  if (type > 3n) return cpu.raise(Vector.GP, 0);
  if (type < 2n) {
    const isEnabled = (cpu.cr4 & Cr4.PCIDE) !== 0;
    if (pcid > 0xfffn || (!isEnabled && pcid !== 0n)) return cpu.raise(Vector.GP, 0);
    if (type === 0n && !isCanonicalAddress(cpu, address)) return cpu.raise(Vector.GP, 0);
  }
  // The TLB has no PCIDs: what is in it is the current one's, or global.
  const isCurrent = type >= 2n || pcid === (cpu.get64(StateOffset.cr3) & ((cpu.cr4 & Cr4.PCIDE) !== 0 ? 0xfffn : 0n));
  if (type === 2n) cpu.tlb.flush();
  else if (isCurrent && type === 0n) cpu.tlb.flushPage(low32(address), high32(address));
  else if (isCurrent) cpu.tlb.flushNonGlobal();
  return HelperStatus.Continue;
};

const readXcr: Helper = (cpu, _a, _b, _c, result) => {
  // 1: XCR0 AND XINUSE. All that exists counts as in use, as XSAVEC has it.
  const index = cpu.get32(StateOffset.gpr + 8);
  if (index > 1 || (index === 1 && !cpu.features.has("xgetbv1"))) return cpu.raise(Vector.GP, 0);
  write64(cpu, result, cpu.get64(StateOffset.xcr0));
  return HelperStatus.Continue;
};

export const controlHelpers = {
  readCr,
  writeCr,
  loadMsw,
  clearTaskSwitched,
  readDr,
  writeDr,
  readTsc,
  invalidatePage,
  invalidatePcid,
  readXcr,
};
