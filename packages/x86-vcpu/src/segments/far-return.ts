/** The common part of RET far and IRET: back to code of the same or an outer level (SDM vol. 2, RET, IRET; vol. 3 §6.8.6). */
import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { HelperStatus } from "../helper.ts";
import { isCanonical } from "../mmu/segmentation.ts";
import { high32, low32 } from "../mmu/system-access.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  segmentAttributesOffset,
  segmentDplShift,
  segmentSelectorOffset,
} from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { checkReturnCode, checkTarget, enterCode, isLongTarget } from "./code.ts";
import {
  type Descriptor,
  isBig,
  isNullSelector,
  markAccessed,
  readDescriptor,
  selectorError,
  selectorRpl,
  setNullSegment,
  setSegmentFromDescriptor,
} from "./descriptor.ts";
import { checkStackDescriptor } from "./load-data.ts";
import { currentStack, type Stack, setStackPointer, stackLinear } from "./stack-frame.ts";

/** A value at a distance above the stack pointer; undefined: a fault is pending. A stack in MMIO space reads as ones. */
export function peekStack(cpu: Cpu, stack: Stack, distance: number, bytes: number): bigint | undefined {
  let low = low32(stack.pointer) + distance;
  let high = high32(stack.pointer);
  // Within the page of a 64-bit stack's pointer there is nothing to work out.
  const inPage = (low & 0xfff) >= distance && (low & 0xfff) + bytes <= 0x1000;
  const isNear = stack.bits === 64 && inPage && isCanonical(cpu, high);
  if (!isNear) {
    const linear = stackLinear(cpu, stack, BigInt.asUintN(stack.bits, stack.pointer + BigInt(distance)), bytes);
    if (linear === undefined) return undefined;
    low = low32(linear);
    high = high32(linear);
  }
  if (bytes < 8) cpu.set64(StateOffset.scratch, 0n);
  const status = cpu.loadLinear(low, high, bytes, 0, cpu.base + StateOffset.scratch);
  if (status === HelperStatus.Fault) return undefined;
  return status === HelperStatus.Continue ? cpu.get64(StateOffset.scratch) : (1n << BigInt(bytes * 8)) - 1n;
}

export interface FarReturn {
  readonly bytes: number;
  readonly rip: bigint;
  readonly selector: number;
  /** Distance of SS:rSP's image from the current top of stack; and what else to release after it. */
  readonly outerAt: number;
  readonly release: number;
  /** IRET in 64-bit code restores SS:RSP even to the same level. */
  readonly alwaysStack: boolean;
}

/** Continue: CS:RIP, SS:rSP and CPL are set. The caller deals with flags and the mode key. */
export function returnFar(cpu: Cpu, r: FarReturn): HelperStatus {
  if (isNullSelector(r.selector)) return cpu.raise(Vector.GP, 0);
  const d = readDescriptor(cpu, r.selector);
  if (d === undefined) return HelperStatus.Fault;
  if (d === "missing") return cpu.raise(Vector.GP, selectorError(r.selector));
  if (!checkReturnCode(cpu, d)) return HelperStatus.Fault;
  const level = selectorRpl(r.selector);
  const isOuter = level > cpu.cpl;
  const stack = currentStack(cpu, 0);
  if (!isOuter && !r.alwaysStack) {
    if (!checkTarget(cpu, d, r.rip) || !enterCode(cpu, d, level, r.rip)) return HelperStatus.Fault;
    setStackPointer(cpu, stack.bits, stack.pointer + BigInt(r.outerAt));
    return HelperStatus.Continue;
  }

  const pointer = peekStack(cpu, stack, r.outerAt, r.bytes);
  if (pointer === undefined) return HelperStatus.Fault;
  const ssImage = peekStack(cpu, stack, r.outerAt + r.bytes, r.bytes);
  if (ssImage === undefined) return HelperStatus.Fault;
  const ssSelector = Number(ssImage & 0xffffn);
  let ss: Descriptor | undefined;
  if (isNullSelector(ssSelector)) {
    if (!isLongTarget(cpu, d) || level === 3 || selectorRpl(ssSelector) !== level) return cpu.raise(Vector.GP, 0);
  } else {
    ss = checkStackDescriptor(cpu, ssSelector, level, Vector.GP, 0);
    if (ss === undefined || !markAccessed(cpu, ss)) return HelperStatus.Fault;
  }
  if (!checkTarget(cpu, d, r.rip) || !enterCode(cpu, d, level, r.rip)) return HelperStatus.Fault;
  if (ss === undefined) setNullSegment(cpu, SegmentIndex.SS, ssSelector, level);
  else setSegmentFromDescriptor(cpu, SegmentIndex.SS, ssSelector, ss);
  const bits = isLongTarget(cpu, d) ? 64 : ss !== undefined && isBig(ss) ? 32 : 16;
  setStackPointer(cpu, bits, pointer + BigInt(r.release));
  if (isOuter) dropInnerSegments(cpu);
  return HelperStatus.Continue;
}

/** Data segments that the outer level may not use become null (their bases stay, as 64-bit code may rely on). */
export function dropInnerSegments(cpu: Cpu): void {
  dropInnerSegment(cpu, SegmentIndex.ES);
  dropInnerSegment(cpu, SegmentIndex.DS);
  dropInnerSegment(cpu, SegmentIndex.FS);
  dropInnerSegment(cpu, SegmentIndex.GS);
}

const ANY_LEVEL = SegmentAttribute.Code | SegmentAttribute.Conforming;

function dropInnerSegment(cpu: Cpu, segment: number): void {
  const attributes = cpu.get16(segmentAttributesOffset(segment));
  const dpl = (attributes >>> segmentDplShift) & 3;
  if ((attributes & SegmentAttribute.Unusable) !== 0 || dpl >= cpu.cpl || (attributes & ANY_LEVEL) === ANY_LEVEL)
    return;
  cpu.set16(segmentSelectorOffset(segment), 0);
  cpu.set16(segmentAttributesOffset(segment), SegmentAttribute.Unusable);
}
