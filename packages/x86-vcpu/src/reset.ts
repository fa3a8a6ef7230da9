/** Power-on state (SDM vol. 3, table 11-1). */
import { Cr0 } from "./control-bits.ts";
import type { Cpu } from "./cpu.ts";
import { SegmentAttribute, SegmentIndex } from "./segment.ts";
import { SystemType, setSegment } from "./segments/descriptor.ts";
import { STATE_BYTES, StateOffset } from "./state-layout.ts";

const present = SegmentAttribute.Present;
/** Read/write data, accessed, S = 1: what the SDM gives every segment, CS too. */
const realModeAttributes =
  present | SegmentAttribute.CodeOrData | SegmentAttribute.Writable | SegmentAttribute.Accessed;

/** Family 6: what EDX tells firmware. */
const processorSignature = 0x600n;

/** Everything but the count of retired instructions, which is time and never goes back. */
export function resetState(cpu: Cpu): void {
  const { retired } = cpu;
  cpu.u8.fill(0, cpu.base, cpu.base + STATE_BYTES);
  cpu.retired = retired;

  for (let segment = 0; segment < 6; segment++) setSegment(cpu, segment, 0, 0n, 0xffff, realModeAttributes);
  setSegment(cpu, SegmentIndex.CS, 0xf000, 0xffff_0000n, 0xffff, realModeAttributes);
  setSegment(cpu, SegmentIndex.TR, 0, 0n, 0xffff, present | SystemType.TssBusy);
  setSegment(cpu, SegmentIndex.LDTR, 0, 0n, 0xffff, present | SystemType.Ldt);
  cpu.set32(StateOffset.canonicalShift, 16);
  cpu.set32(StateOffset.tlbBase, cpu.tlb.base);
  cpu.set32(StateOffset.gdtrLimit, 0xffff);
  cpu.set32(StateOffset.idtrLimit, 0xffff);
  cpu.rip = 0xfff0n;
  cpu.writeGpr(2, processorSignature);
  cpu.writeRflags(0);
  cpu.set32(StateOffset.cr0, Cr0.CD | Cr0.NW | Cr0.ET);
  cpu.set64(StateOffset.xcr0, 1n);
  cpu.set32(StateOffset.dr + 6 * 8, 0xffff_0ff0);
  cpu.set32(StateOffset.dr + 7 * 8, 0x400);
  cpu.set32(StateOffset.mxcsr, 0x1f80);
  cpu.set16(StateOffset.fcw, 0x40);
  cpu.set16(StateOffset.ftw, 0x5555);
  cpu.set64(StateOffset.pat, 0x0007_0406_0007_0406n);
  cpu.set64(StateOffset.miscEnable, 1n);

  cpu.pdpte.fill(0);
  cpu.mtrrs.clear();
  cpu.replay.clear();
  cpu.pendingVector = -1;
  cpu.pendingDr6 = 0;
  cpu.stiShadowAt = -1;
  cpu.movSsShadowAt = -1;
  cpu.nmiBlocked = false;
  cpu.waitsForStartup = false;
}

/** What INIT leaves as it was, besides memory: x87, MMX, SSE, XCR0, PKRU, the TSC and all MSRs but IA32_EFER. */
const keptByInit = [
  [StateOffset.xmm, StateOffset.segment],
  [StateOffset.xcr0, StateOffset.efer],
  [StateOffset.star, StateOffset.dr],
  [StateOffset.miscEnable, StateOffset.tlbRead],
] as const;

/** INIT (SDM vol. 3, table 11-1): as at power-on otherwise; CR0.CD and NW stay. */
export function initState(cpu: Cpu): void {
  const { u8, base } = cpu;
  const kept = keptByInit.map(([start, end]) => u8.slice(base + start, base + end));
  const mtrrs = new Map(cpu.mtrrs);
  const cache = cpu.cr0 & (Cr0.CD | Cr0.NW);
  resetState(cpu);
  for (const [n, [start]] of keptByInit.entries()) u8.set(kept[n]!, base + start);
  for (const [index, value] of mtrrs) cpu.mtrrs.set(index, value);
  cpu.set64(StateOffset.cr0, BigInt((cache | Cr0.ET) >>> 0));
}
