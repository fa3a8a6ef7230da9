/**
 * The same as quick-long.ts for 32-bit protected mode: 32-bit gates to code of the same or an inner level, 32-bit stacks, no task gates, not
 * out of virtual-8086 mode or into it. Segments need not be flat. For the rest there are `deliverProtected` and `returnFar`.
 */
import { Rflags } from "../control-bits.ts";
import type { Cpu } from "../cpu.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  segmentAttributesOffset,
  segmentBaseOffset,
  segmentLimitOffset,
  segmentSelectorOffset,
} from "../segment.ts";
import { baseOfWords, limitOfWords, SystemType, setSegmentFromWords } from "../segments/descriptor.ts";
import {
  BIG,
  CODE_WANTED,
  CONFORMING,
  EXPAND_DOWN,
  GATE_MASK,
  GATE_WANTED,
  STACK_MASK,
  STACK_WANTED,
} from "../segments/descriptor-bits.ts";
import { dropInnerSegments } from "../segments/far-return.ts";
import { StateOffset } from "../state-layout.ts";
import { TlbContext } from "../tlb.ts";
import { ALL_FLAGS, descriptorWords, dplOf, isInterruptGate, wordsAt, wordsBehind } from "./at-hand.ts";

const ESP_AT = StateOffset.gpr + 4 * 8;
/** 32-bit, expand-up. */
const WIDE_STACK_MASK = STACK_MASK | BIG | EXPAND_DOWN;
const WIDE_STACK = STACK_WANTED | BIG;
const { CodeOrData, Writable, Present, ExpandDown, Code, Unusable, Big } = SegmentAttribute;
const SS_MASK = CodeOrData | Writable | Present | ExpandDown | Code | Unusable | Big;
const SS_WANTED = CodeOrData | Writable | Present | Big;

/** SS is a 32-bit stack with nothing that is out of the ordinary. */
const isWideStack = (cpu: Cpu): boolean =>
  (cpu.get16(segmentAttributesOffset(SegmentIndex.SS)) & SS_MASK) === SS_WANTED;

/** See `deliverQuickly`. */
export function deliverProtectedQuickly(
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
  if (vector * 8 + 7 > cpu.get32(StateOffset.idtrLimit)) return -1;
  const gate = wordsBehind(cpu, supervisor, StateOffset.idtrBase, vector * 8, 8);
  if (gate < 0) return -1;
  const gateLow = i32[gate]!;
  const gateHigh = i32[gate + 1]!;
  if ((gateHigh & GATE_MASK) !== GATE_WANTED || (isSoftware && dplOf(gateHigh) < cpl)) return -1;

  const selector = gateLow >>> 16;
  const code = descriptorWords(cpu, supervisor, selector);
  if (code < 0) return -1;
  const codeLow = i32[code]!;
  const codeHigh = i32[code + 1]!;
  const dpl = dplOf(codeHigh);
  const eip = (gateLow & 0xffff) | (gateHigh & 0xffff_0000);
  if ((codeHigh & CODE_WANTED) !== CODE_WANTED || dpl > cpl || eip >>> 0 > limitOfWords(codeLow, codeHigh)) return -1;
  const level = (codeHigh & CONFORMING) !== 0 ? cpl : dpl;
  if (level === 3) return -1;

  const esp = state + ESP_AT / 4;
  const isInner = level < cpl;
  let top = i32[esp]!;
  let bytes = 12;
  let stack = -1;
  let stackSelector = 0;
  let stackBase: number;
  let limit: number;
  if (isInner) {
    const offset = 4 + level * 8;
    const type = cpu.get16(segmentAttributesOffset(SegmentIndex.TR)) & 0xf;
    if (type !== SystemType.TssBusy || offset + 5 > cpu.get32(segmentLimitOffset(SegmentIndex.TR))) return -1;
    const source = wordsBehind(cpu, supervisor, StateOffset.trBase, offset, 8);
    if (source < 0) return -1;
    top = i32[source]!;
    stackSelector = i32[source + 1]! & 0xffff;
    stack = (stackSelector & 3) === level ? descriptorWords(cpu, supervisor, stackSelector) : -1;
    if (stack < 0) return -1;
    const stackHigh = i32[stack + 1]!;
    if ((stackHigh & WIDE_STACK_MASK) !== WIDE_STACK || dplOf(stackHigh) !== level) return -1;
    stackBase = baseOfWords(i32[stack]!, stackHigh);
    limit = limitOfWords(i32[stack]!, stackHigh);
    bytes = 20;
  } else {
    if (!isWideStack(cpu)) return -1;
    stackBase = i32[(base + segmentBaseOffset(SegmentIndex.SS)) >>> 2]!;
    limit = cpu.get32(segmentLimitOffset(SegmentIndex.SS));
  }
  if (errorCode !== undefined) bytes += 4;
  if (top >>> 0 < bytes || (top - 1) >>> 0 > limit) return -1;
  const bottom = (top - bytes) | 0;
  let frame = wordsAt(cpu, tlb.writeTable(TlbContext.Supervisor), (stackBase + bottom) | 0, 0, bytes);
  if (frame < 0) return -1;

  // Nothing can go wrong any more. A page in the write table is dirty already and holds no code.
  if (errorCode !== undefined) i32[frame++] = errorCode;
  const rip = state + StateOffset.rip / 4;
  i32[frame] = i32[rip]! + length;
  i32[frame + 1] = cpu.get16(segmentSelectorOffset(SegmentIndex.CS));
  i32[frame + 2] = flags;
  if (isInner) {
    i32[frame + 3] = i32[esp]!;
    i32[frame + 4] = cpu.get16(segmentSelectorOffset(SegmentIndex.SS));
    setSegmentFromWords(cpu, SegmentIndex.SS, stackSelector, i32[stack]!, i32[stack + 1]!);
  }
  i32[esp] = bottom;
  i32[esp + 1] = 0;
  i32[rip] = eip;
  i32[rip + 1] = 0;
  setSegmentFromWords(cpu, SegmentIndex.CS, (selector & 0xfffc) | level, codeLow, codeHigh);
  cpu.cpl = level;
  return isInterruptGate(gateHigh) ? 1 : 0;
}

/** See `returnQuickly`; IRETD. */
export function returnProtectedQuickly(cpu: Cpu): number {
  if (!isWideStack(cpu)) return -1;
  const { i32, base, tlb, cpl } = cpu;
  const state = base >>> 2;
  const esp = state + ESP_AT / 4;
  const pointer = i32[esp]!;
  const low = (i32[(base + segmentBaseOffset(SegmentIndex.SS)) >>> 2]! + pointer) | 0;
  const read = cpu.get32(StateOffset.tlbRead);
  const supervisor = tlb.readTable(TlbContext.Supervisor);
  let frame = wordsAt(cpu, read, low, 0, 12);
  if (frame < 0) return -1;
  const selector = i32[frame + 1]! & 0xffff;
  const level = selector & 3;
  const isOuter = level > cpl;
  const bytes = isOuter ? 20 : 12;
  if (isOuter) frame = wordsAt(cpu, read, low, 0, 20);
  const last = (pointer >>> 0) + bytes - 1;
  if (frame < 0 || level < cpl || last > cpu.get32(segmentLimitOffset(SegmentIndex.SS))) return -1;
  const image = i32[frame + 2]!;
  const code = descriptorWords(cpu, supervisor, selector);
  if (code < 0 || (image & Rflags.VM) !== 0) return -1;
  const codeLow = i32[code]!;
  const codeHigh = i32[code + 1]!;
  const dpl = dplOf(codeHigh);
  if ((codeHigh & CODE_WANTED) !== CODE_WANTED) return -1;
  if ((codeHigh & CONFORMING) !== 0 ? dpl > level : dpl !== level) return -1;
  const eip = i32[frame]!;
  if (eip >>> 0 > limitOfWords(codeLow, codeHigh)) return -1;

  let newPointer = (pointer + bytes) | 0;
  if (isOuter) {
    const stackSelector = i32[frame + 4]! & 0xffff;
    const stack = (stackSelector & 3) === level ? descriptorWords(cpu, supervisor, stackSelector) : -1;
    if (stack < 0) return -1;
    const stackHigh = i32[stack + 1]!;
    if ((stackHigh & WIDE_STACK_MASK) !== WIDE_STACK || dplOf(stackHigh) !== level) return -1;
    newPointer = i32[frame + 3]!;
    setSegmentFromWords(cpu, SegmentIndex.SS, stackSelector, i32[stack]!, stackHigh);
  }
  setSegmentFromWords(cpu, SegmentIndex.CS, selector, codeLow, codeHigh);
  const rip = state + StateOffset.rip / 4;
  i32[rip] = eip;
  i32[rip + 1] = 0;
  i32[esp] = newPointer;
  i32[esp + 1] = 0;
  cpu.cpl = level;
  if (isOuter) dropInnerSegments(cpu);
  return image & ALL_FLAGS;
}
