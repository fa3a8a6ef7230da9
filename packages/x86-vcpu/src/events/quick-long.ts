/**
 * The usual cases of delivery and IRET in 64-bit mode, in 32-bit words and without an object: tables and stacks in pages that the TLB
 * has, descriptors of the GDT that are marked accessed, 64-bit code on both sides. Whatever is otherwise is left, with nothing done, to
 * `deliverLong` and `returnFar`, which know what it means.
 */
import type { Cpu } from "../cpu.ts";
import { isCanonical } from "../mmu/segmentation.ts";
import { SegmentIndex, segmentLimitOffset, segmentSelectorOffset } from "../segment.ts";
import { setNullSegment, setSegmentFromWords } from "../segments/descriptor.ts";
import {
  BIG,
  CODE_WANTED,
  CONFORMING,
  GATE_MASK,
  GATE_WANTED,
  LONG,
  STACK_MASK,
  STACK_WANTED,
} from "../segments/descriptor-bits.ts";
import { dropInnerSegments } from "../segments/far-return.ts";
import { StateOffset } from "../state-layout.ts";
import { TlbContext } from "../tlb.ts";
import { ALL_FLAGS, descriptorWords, dplOf, isInterruptGate, wordsAt, wordsBehind } from "./at-hand.ts";

const RSP_AT = StateOffset.gpr + 4 * 8;
/** 64-bit code. */
const CODE_MASK = CODE_WANTED | LONG | BIG;
const CODE = CODE_WANTED | LONG;

/** See `deliverQuickly`. */
export function deliverLongQuickly(
  cpu: Cpu,
  vector: number,
  errorCode: number | undefined,
  isSoftware: boolean,
  length: number,
  flags: number,
): number {
  const { i32, base, tlb, cpl } = cpu;
  const state = base >>> 2;
  const supervisor = tlb.readTable(TlbContext.Supervisor);
  if (vector * 16 + 15 > cpu.get32(StateOffset.idtrLimit)) return -1;
  const gate = wordsBehind(cpu, supervisor, StateOffset.idtrBase, vector * 16, 16);
  if (gate < 0) return -1;
  const gateHigh = i32[gate + 1]!;
  const ripHigh = i32[gate + 2]!;
  if ((gateHigh & GATE_MASK) !== GATE_WANTED || (isSoftware && dplOf(gateHigh) < cpl)) return -1;
  if (!isCanonical(cpu, ripHigh)) return -1;

  const selector = i32[gate]! >>> 16;
  const code = descriptorWords(cpu, supervisor, selector);
  if (code < 0) return -1;
  const codeHigh = i32[code + 1]!;
  const dpl = dplOf(codeHigh);
  if ((codeHigh & CODE_MASK) !== CODE || dpl > cpl) return -1;
  const level = (codeHigh & CONFORMING) !== 0 ? cpl : dpl;
  if (level === 3) return -1;

  const ist = gateHigh & 7;
  let stack = state + RSP_AT / 4;
  if (level < cpl || ist !== 0) {
    const offset = ist === 0 ? 4 + level * 8 : 28 + ist * 8;
    if (offset + 7 > cpu.get32(segmentLimitOffset(SegmentIndex.TR))) return -1;
    stack = wordsBehind(cpu, supervisor, StateOffset.trBase, offset, 8);
    if (stack < 0) return -1;
  }
  const bytes = errorCode === undefined ? 40 : 48;
  const top = i32[stack]! & ~15;
  const stackHigh = i32[stack + 1]!;
  if (top >>> 0 < bytes || !isCanonical(cpu, stackHigh)) return -1;
  const bottom = (top - bytes) | 0;
  let frame = wordsAt(cpu, tlb.writeTable(TlbContext.Supervisor), bottom, stackHigh, bytes);
  if (frame < 0) return -1;

  // Nothing can go wrong any more. A page in the write table is dirty already and holds no code.
  if (errorCode !== undefined) {
    i32[frame] = errorCode;
    i32[frame + 1] = 0;
    frame += 2;
  }
  const rip = state + StateOffset.rip / 4;
  const rsp = state + RSP_AT / 4;
  const next = (i32[rip]! + length) | 0;
  i32[frame] = next;
  i32[frame + 1] = i32[rip + 1]! + (next >>> 0 < i32[rip]! >>> 0 ? 1 : 0);
  i32[frame + 2] = cpu.get16(segmentSelectorOffset(SegmentIndex.CS));
  i32[frame + 3] = 0;
  i32[frame + 4] = flags;
  i32[frame + 5] = 0;
  i32[frame + 6] = i32[rsp]!;
  i32[frame + 7] = i32[rsp + 1]!;
  i32[frame + 8] = cpu.get16(segmentSelectorOffset(SegmentIndex.SS));
  i32[frame + 9] = 0;

  i32[rsp] = bottom;
  i32[rsp + 1] = stackHigh;
  i32[rip] = (i32[gate]! & 0xffff) | (gateHigh & 0xffff_0000);
  i32[rip + 1] = ripHigh;
  setSegmentFromWords(cpu, SegmentIndex.CS, (selector & 0xfffc) | level, i32[code]!, codeHigh);
  if (level < cpl) setNullSegment(cpu, SegmentIndex.SS, level, level);
  cpu.cpl = level;
  return isInterruptGate(gateHigh) ? 1 : 0;
}

/** See `returnQuickly`. */
export function returnLongQuickly(cpu: Cpu): number {
  const { i32, base, tlb, cpl } = cpu;
  const state = base >>> 2;
  const rsp = state + RSP_AT / 4;
  if (!isCanonical(cpu, i32[rsp + 1]!)) return -1;
  const frame = wordsAt(cpu, cpu.get32(StateOffset.tlbRead), i32[rsp]!, i32[rsp + 1]!, 40);
  if (frame < 0) return -1;
  const ripHigh = i32[frame + 1]!;
  if (!isCanonical(cpu, ripHigh)) return -1;

  const supervisor = tlb.readTable(TlbContext.Supervisor);
  const selector = i32[frame + 2]! & 0xffff;
  const level = selector & 3;
  const code = descriptorWords(cpu, supervisor, selector);
  if (code < 0 || level < cpl) return -1;
  const codeHigh = i32[code + 1]!;
  const dpl = dplOf(codeHigh);
  if ((codeHigh & CODE_MASK) !== CODE || ((codeHigh & CONFORMING) !== 0 ? dpl > level : dpl !== level)) return -1;

  const stackSelector = i32[frame + 8]! & 0xffff;
  const isNull = (stackSelector & 0xfffc) === 0;
  if ((stackSelector & 3) !== level || (isNull && level === 3)) return -1;
  let stack = -1;
  if (!isNull) {
    stack = descriptorWords(cpu, supervisor, stackSelector);
    if (stack < 0 || (i32[stack + 1]! & STACK_MASK) !== STACK_WANTED || dplOf(i32[stack + 1]!) !== level) return -1;
  }

  setSegmentFromWords(cpu, SegmentIndex.CS, selector, i32[code]!, codeHigh);
  if (isNull) setNullSegment(cpu, SegmentIndex.SS, stackSelector, level);
  else setSegmentFromWords(cpu, SegmentIndex.SS, stackSelector, i32[stack]!, i32[stack + 1]!);
  const rip = state + StateOffset.rip / 4;
  const image = i32[frame + 4]!;
  i32[rip] = i32[frame]!;
  i32[rip + 1] = ripHigh;
  i32[rsp] = i32[frame + 6]!;
  i32[rsp + 1] = i32[frame + 7]!;
  cpu.cpl = level;
  if (level > cpl) dropInnerSegments(cpu);
  return image & ALL_FLAGS;
}
