/**
 * The usual cases of delivery and IRET in 64-bit mode, in 32-bit words and without an object: tables and stacks in pages that the TLB
 * has, descriptors of the GDT that are marked accessed, 64-bit code on both sides. Whatever is otherwise is left, with nothing done, to
 * `deliverLong` and `returnFar`, which know what it means.
 */
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import { hasBreakpoints } from "../mmu/breakpoints.ts";
import { isCanonical } from "../mmu/segmentation.ts";
import { SegmentIndex, segmentLimitOffset, segmentSelectorOffset } from "../segment.ts";
import { setNullSegment, setSegmentFromWords } from "../segments/descriptor.ts";
import { dropInnerSegments } from "../segments/far-return.ts";
import { StateOffset } from "../state-layout.ts";
import { TlbContext } from "../tlb.ts";

const RSP_AT = StateOffset.gpr + 4 * 8;
/** P, S, type 14 or 15. */
const GATE_MASK = 0x9e00;
const GATE = 0x8e00;
/** Of a descriptor's high word: P, S, code, accessed, L without D. */
const CODE_MASK = (1 << 15) | (1 << 12) | (1 << 11) | (1 << 8) | (1 << 21) | (1 << 22);
const CODE = CODE_MASK & ~(1 << 22);
/** P, S, data, writable, accessed. */
const STACK_MASK = (1 << 15) | (1 << 12) | (1 << 11) | (1 << 9) | (1 << 8);
const STACK = STACK_MASK & ~(1 << 11);
const CONFORMING = 1 << 10;
const dplOf = (high: number): number => (high >>> 13) & 3;

/** Host offset of words at the linear address in a 64-bit state field plus `offset`; −1: not in one page, or not in the TLB. */
function hostOf(cpu: Cpu, table: number, field: number, offset: number, bytes: number): number {
  const at = (cpu.base + field) >>> 2;
  const sum = cpu.u32[at]! + offset;
  const low = sum | 0;
  if ((low & 3) !== 0 || (low & 0xfff) + bytes > 0x1000) return -1;
  return cpu.tlb.lookup(table, low, (cpu.i32[at + 1]! + (sum > 0xffff_ffff ? 1 : 0)) | 0);
}

/** Host offset of a descriptor in the GDT; −1: null, in the LDT, outside, or not at hand. */
function descriptorHost(cpu: Cpu, supervisor: number, selector: number): number {
  if ((selector & 0xfffc) === 0 || (selector & 4) !== 0) return -1;
  if ((selector & 0xfff8) + 7 > cpu.get32(StateOffset.gdtrLimit)) return -1;
  return hostOf(cpu, supervisor, StateOffset.gdtrBase, selector & 0xfff8, 8);
}

/**
 * Delivers an event as `deliverLong` does, RIP plus `length` to be pushed, and brings the mode key up to date. False: nothing has happened.
 */
export function deliverQuickly(
  cpu: Cpu,
  vector: number,
  errorCode: number | undefined,
  isSoftware: boolean,
  length: number,
  flags: number,
): boolean {
  if (!cpu.code64 || hasBreakpoints(cpu)) return false;
  const { u32, base, tlb, cpl } = cpu;
  const state = base >>> 2;
  const supervisor = tlb.readTable(TlbContext.Supervisor);
  if (vector * 16 + 15 > u32[state + StateOffset.idtrLimit / 4]!) return false;
  const gate = hostOf(cpu, supervisor, StateOffset.idtrBase, vector * 16, 16) >> 2;
  if (gate < 0) return false;
  const gateLow = u32[gate]!;
  const gateHigh = u32[gate + 1]!;
  if ((gateHigh & GATE_MASK) !== GATE || (isSoftware && dplOf(gateHigh) < cpl)) return false;
  const ripHigh = u32[gate + 2]!;
  if (!isCanonical(cpu, ripHigh)) return false;

  const selector = gateLow >>> 16;
  const code = descriptorHost(cpu, supervisor, selector) >> 2;
  if (code < 0) return false;
  const codeLow = u32[code]!;
  const codeHigh = u32[code + 1]!;
  const dpl = dplOf(codeHigh);
  if ((codeHigh & CODE_MASK) !== CODE || dpl > cpl) return false;
  const level = (codeHigh & CONFORMING) !== 0 ? cpl : dpl;
  if (level === 3) return false;

  const ist = gateHigh & 7;
  let stack = state + RSP_AT / 4;
  if (level < cpl || ist !== 0) {
    const offset = ist === 0 ? 4 + level * 8 : 28 + ist * 8;
    if (offset + 7 > cpu.get32(segmentLimitOffset(SegmentIndex.TR))) return false;
    stack = hostOf(cpu, supervisor, StateOffset.trBase, offset, 8) >> 2;
    if (stack < 0) return false;
  }
  const bytes = errorCode === undefined ? 40 : 48;
  const bottom = ((u32[stack]! & ~15) >>> 0) - bytes;
  const stackHigh = u32[stack + 1]! | 0;
  if (bottom < 0 || (bottom & 0xfff) + bytes > 0x1000 || !isCanonical(cpu, stackHigh)) return false;
  let frame = tlb.lookup(tlb.writeTable(TlbContext.Supervisor), bottom | 0, stackHigh) >> 2;
  if (frame < 0) return false;

  // Nothing can go wrong any more. A page in the write table is dirty already and holds no code.
  if (errorCode !== undefined) {
    u32[frame] = errorCode;
    u32[frame + 1] = 0;
    frame += 2;
  }
  const rip = state + StateOffset.rip / 4;
  const next = u32[rip]! + length;
  u32[frame] = next;
  u32[frame + 1] = u32[rip + 1]! + (next > 0xffff_ffff ? 1 : 0);
  u32[frame + 2] = cpu.get16(segmentSelectorOffset(SegmentIndex.CS));
  u32[frame + 3] = 0;
  u32[frame + 4] = flags;
  u32[frame + 5] = 0;
  u32[frame + 6] = u32[state + RSP_AT / 4]!;
  u32[frame + 7] = u32[state + RSP_AT / 4 + 1]!;
  u32[frame + 8] = cpu.get16(segmentSelectorOffset(SegmentIndex.SS));
  u32[frame + 9] = 0;

  u32[state + RSP_AT / 4] = bottom;
  u32[state + RSP_AT / 4 + 1] = stackHigh;
  setSegmentFromWords(cpu, SegmentIndex.CS, (selector & 0xfffc) | level, codeLow, codeHigh);
  if (level < cpl) setNullSegment(cpu, SegmentIndex.SS, level, level);
  cpu.cpl = level;
  u32[rip] = (gateLow & 0xffff) | (gateHigh & 0xffff_0000);
  u32[rip + 1] = ripHigh;
  const isInterruptGate = (gateHigh & (1 << 8)) === 0;
  cpu.writeRflags(flags & ~(Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | (isInterruptGate ? Rflags.IF : 0)));
  cpu.updateModeKey();
  return true;
}

/** CS:RIP, SS:RSP and CPL of an IRETQ without NT. The image of RFLAGS, which the caller deals with; −1: nothing has happened. */
export function returnQuickly(cpu: Cpu): number {
  if (!cpu.code64 || hasBreakpoints(cpu)) return -1;
  const { u32, base, tlb, cpl } = cpu;
  const state = base >>> 2;
  const rsp = state + RSP_AT / 4;
  if (!isCanonical(cpu, u32[rsp + 1]!)) return -1;
  const frame = hostOf(cpu, tlb.readTable(cpu.dataContext), RSP_AT, 0, 40) >> 2;
  if (frame < 0) return -1;
  const ripHigh = u32[frame + 1]!;
  if (!isCanonical(cpu, ripHigh)) return -1;

  const supervisor = tlb.readTable(TlbContext.Supervisor);
  const selector = u32[frame + 2]! & 0xffff;
  const level = selector & 3;
  const code = descriptorHost(cpu, supervisor, selector) >> 2;
  if (code < 0 || level < cpl) return -1;
  const codeLow = u32[code]!;
  const codeHigh = u32[code + 1]!;
  const dpl = dplOf(codeHigh);
  if ((codeHigh & CODE_MASK) !== CODE || ((codeHigh & CONFORMING) !== 0 ? dpl > level : dpl !== level)) return -1;

  const stackSelector = u32[frame + 8]! & 0xffff;
  const isNull = (stackSelector & 0xfffc) === 0;
  if ((stackSelector & 3) !== level || (isNull && level === 3)) return -1;
  let stackLow = 0;
  let stackHigh = 0;
  if (!isNull) {
    const stack = descriptorHost(cpu, supervisor, stackSelector) >> 2;
    if (stack < 0) return -1;
    stackLow = u32[stack]!;
    stackHigh = u32[stack + 1]!;
    if ((stackHigh & STACK_MASK) !== STACK || dplOf(stackHigh) !== level) return -1;
  }

  const image = u32[frame + 4]!;
  setSegmentFromWords(cpu, SegmentIndex.CS, selector, codeLow, codeHigh);
  if (isNull) setNullSegment(cpu, SegmentIndex.SS, stackSelector, level);
  else setSegmentFromWords(cpu, SegmentIndex.SS, stackSelector, stackLow, stackHigh);
  const rip = state + StateOffset.rip / 4;
  u32[rip] = u32[frame]!;
  u32[rip + 1] = ripHigh;
  u32[rsp] = u32[frame + 6]!;
  u32[rsp + 1] = u32[frame + 7]!;
  cpu.cpl = level;
  if (level > cpl) dropInnerSegments(cpu);
  return image;
}
