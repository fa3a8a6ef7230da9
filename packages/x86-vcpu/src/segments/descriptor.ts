/** Segment descriptors (SDM vol. 3 §3.4.5, §3.5, §9.2): out of GDT and LDT, and into the hidden parts of registers. */
import type { Cpu } from "../cpu.ts";
import { readSystem32, writeSystem } from "../mmu/system-access.ts";
import {
  SegmentAttribute,
  SegmentIndex,
  segmentAttributesOffset,
  segmentBaseOffset,
  segmentDplShift,
  segmentLimitOffset,
  segmentSelectorOffset,
} from "../segment.ts";
import { StateOffset } from "../state-layout.ts";

/** Descriptor types with S = 0 (SDM vol. 3, table 3-2). */
export const SystemType = {
  Tss16: 1,
  Ldt: 2,
  Tss16Busy: 3,
  CallGate16: 4,
  TaskGate: 5,
  InterruptGate16: 6,
  TrapGate16: 7,
  Tss: 9,
  TssBusy: 11,
  CallGate: 12,
  InterruptGate: 14,
  TrapGate: 15,
} as const;

export interface Descriptor {
  readonly selector: number;
  /** Linear address of its first byte. */
  readonly linear: bigint;
  readonly low: number;
  readonly high: number;
}

export const isNullSelector = (selector: number): boolean => (selector & 0xfffc) === 0;
export const selectorRpl = (selector: number): number => selector & 3;
/** As error codes carry it: without RPL. */
export const selectorError = (selector: number): number => selector & 0xfffc;

/**
 * Linear address of a selector's descriptor, or undefined when the table does not reach so far (`bytes`: 8, or 16 for
 * system descriptors of long mode). No fault is raised.
 */
export function descriptorAddress(cpu: Cpu, selector: number, bytes = 8): bigint | undefined {
  const last = (selector & 0xfff8) + bytes - 1;
  if ((selector & 4) === 0) {
    return last > cpu.get32(StateOffset.gdtrLimit)
      ? undefined
      : BigInt.asUintN(64, cpu.get64(StateOffset.gdtrBase) + BigInt(selector & 0xfff8));
  }
  const attributes = cpu.get16(segmentAttributesOffset(SegmentIndex.LDTR));
  const usable = (attributes & SegmentAttribute.Unusable) === 0;
  if (!usable || last > cpu.get32(segmentLimitOffset(SegmentIndex.LDTR))) return undefined;
  return BigInt.asUintN(64, cpu.get64(StateOffset.ldtrBase) + BigInt(selector & 0xfff8));
}

/**
 * Reads a selector's descriptor. "missing": beyond the table, nothing raised (callers differ in vector and code);
 * undefined: reading faulted.
 */
export function readDescriptor(cpu: Cpu, selector: number): Descriptor | "missing" | undefined {
  const linear = descriptorAddress(cpu, selector);
  if (linear === undefined) return "missing";
  const low = readSystem32(cpu, linear);
  if (low === undefined) return undefined;
  const high = readSystem32(cpu, BigInt.asUintN(64, linear + 4n));
  if (high === undefined) return undefined;
  return { selector, linear, low, high };
}

/** Type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15: the SegmentAttribute layout. */
export const descriptorAttributes = (d: Descriptor): number => (d.high >>> 8) & 0xf0ff;
export const descriptorType = (d: Descriptor): number => (d.high >>> 8) & 0xf;
export const descriptorDpl = (d: Descriptor): number => (d.high >>> 13) & 3;
export const isPresent = (d: Descriptor): boolean => (d.high & (1 << 15)) !== 0;
export const isSystem = (d: Descriptor): boolean => (d.high & (1 << 12)) === 0;
export const isCode = (d: Descriptor): boolean => !isSystem(d) && (d.high & (1 << 11)) !== 0;
export const isConforming = (d: Descriptor): boolean => (d.high & (1 << 10)) !== 0;
/** Data: writable. Code: readable. */
export const isWritable = (d: Descriptor): boolean => (d.high & (1 << 9)) !== 0;
export const isReadable = isWritable;
export const isLong = (d: Descriptor): boolean => (d.high & (1 << 21)) !== 0;
export const isBig = (d: Descriptor): boolean => (d.high & (1 << 22)) !== 0;

export const baseOfWords = (low: number, high: number): number =>
  ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff00_0000)) >>> 0;

/** In bytes: with G, the low 12 bits are ones. */
export function limitOfWords(low: number, high: number): number {
  const limit = (low & 0xffff) | (high & 0xf_0000);
  return (high & (1 << 23)) !== 0 ? ((limit << 12) | 0xfff) >>> 0 : limit;
}

export const descriptorBase = (d: Descriptor): number => baseOfWords(d.low, d.high);
export const descriptorLimit = (d: Descriptor): number => limitOfWords(d.low, d.high);

/** Sets the accessed bit in the table unless it is set. False: the write faulted. */
export function markAccessed(cpu: Cpu, d: Descriptor): boolean {
  if ((d.high & (1 << 8)) !== 0) return true;
  return writeSystem(cpu, BigInt.asUintN(64, d.linear + 5n), 1, BigInt(((d.high >>> 8) | 1) & 0xff));
}

/** Writes all of a segment register. base: 64 bits. */
export function setSegment(
  cpu: Cpu,
  index: number,
  selector: number,
  base: bigint,
  limit: number,
  attributes: number,
): void {
  cpu.set16(segmentSelectorOffset(index), selector);
  cpu.set64(segmentBaseOffset(index), base);
  cpu.set32(segmentLimitOffset(index), limit);
  cpu.set16(segmentAttributesOffset(index), attributes);
}

/** Loads the hidden part from a code or data descriptor, marked accessed. */
export function setSegmentFromDescriptor(cpu: Cpu, index: number, selector: number, d: Descriptor): void {
  setSegmentFromWords(cpu, index, selector, d.low, d.high);
}

/** The same from the descriptor's two words. index: 0–5. */
export function setSegmentFromWords(cpu: Cpu, index: number, selector: number, low: number, high: number): void {
  const { u16, u32, base } = cpu;
  const at = base + segmentSelectorOffset(index);
  u16[at >>> 1] = selector;
  u16[(at >>> 1) + 1] = ((high >>> 8) & 0xf0ff) | SegmentAttribute.Accessed;
  u32[(at >>> 2) + 1] = limitOfWords(low, high);
  const baseAt = (base + segmentBaseOffset(index)) >>> 2;
  u32[baseAt] = baseOfWords(low, high);
  u32[baseAt + 1] = 0;
}

/** A null selector. In SS (64-bit mode only) the DPL is the CPL. */
export function setNullSegment(cpu: Cpu, index: number, selector: number, dpl = 0): void {
  const { u32, base } = cpu;
  cpu.set16(segmentSelectorOffset(index), selector);
  cpu.set16(segmentAttributesOffset(index), SegmentAttribute.Unusable | (dpl << segmentDplShift));
  cpu.set32(segmentLimitOffset(index), 0);
  const at = (base + segmentBaseOffset(index)) >>> 2;
  u32[at] = 0;
  u32[at + 1] = 0;
}

/**
 * Selector × 16 in real and virtual-8086 mode. Real mode leaves limit and rights as they were, unless a null selector
 * of protected mode had left none.
 */
export function setRealSegment(cpu: Cpu, index: number, selector: number): void {
  cpu.set16(segmentSelectorOffset(index), selector);
  cpu.set64(segmentBaseOffset(index), BigInt(selector << 4));
  const { virtual8086 } = cpu;
  const isUsable = (cpu.get16(segmentAttributesOffset(index)) & SegmentAttribute.Unusable) === 0;
  if (!virtual8086 && isUsable) return;
  cpu.set32(segmentLimitOffset(index), 0xffff);
  cpu.set16(segmentAttributesOffset(index), virtual8086 ? 0xf3 : 0x93);
}
