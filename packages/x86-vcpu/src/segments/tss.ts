/** The task-state segment as a source of stacks (SDM vol. 3 §9.2.1, §9.7). */
import { Vector } from "x86-lift";
import type { Cpu } from "../cpu.ts";
import { readSystem16, readSystem32, readSystem64 } from "../mmu/system-access.ts";
import { SegmentIndex, segmentAttributesOffset, segmentLimitOffset, segmentSelectorOffset } from "../segment.ts";
import { StateOffset } from "../state-layout.ts";
import { SystemType, selectorError } from "./descriptor.ts";

/** Offset of the TSS's 16-bit I/O map base. */
export const IO_MAP_BASE = 0x66;

/** Is the current task's TSS of the 16-bit kind? */
export function isTss16(cpu: Cpu): boolean {
  const type = cpu.get16(segmentAttributesOffset(SegmentIndex.TR)) & 0xf;
  return type === SystemType.Tss16 || type === SystemType.Tss16Busy;
}

/** Linear address of `bytes` bytes of the TSS, or undefined with #TS(TSS) pending. */
function field(cpu: Cpu, offset: number, bytes: number, external: number): bigint | undefined {
  if (offset + bytes - 1 <= cpu.get32(segmentLimitOffset(SegmentIndex.TR))) {
    return BigInt.asUintN(64, cpu.get64(StateOffset.trBase) + BigInt(offset));
  }
  cpu.raise(Vector.TS, selectorError(cpu.get16(segmentSelectorOffset(SegmentIndex.TR))) | external);
  return undefined;
}

/** SSn:ESPn for a privilege level below 3; undefined: raised. */
export function readTssStack(
  cpu: Cpu,
  level: number,
  external: number,
): { selector: number; pointer: bigint } | undefined {
  if (isTss16(cpu)) {
    const at = field(cpu, 2 + level * 4, 4, external);
    if (at === undefined) return undefined;
    const pointer = readSystem16(cpu, at);
    if (pointer === undefined) return undefined;
    const selector = readSystem16(cpu, at + 2n);
    return selector === undefined ? undefined : { selector, pointer: BigInt(pointer) };
  }
  const at = field(cpu, 4 + level * 8, 6, external);
  if (at === undefined) return undefined;
  const pointer = readSystem32(cpu, at);
  if (pointer === undefined) return undefined;
  const selector = readSystem16(cpu, at + 4n);
  return selector === undefined ? undefined : { selector, pointer: BigInt(pointer) };
}

/** RSPn, or with `ist` 1–7 that entry of the interrupt stack table; undefined: raised. */
export function readLongStack(cpu: Cpu, level: number, ist: number, external: number): bigint | undefined {
  const at = field(cpu, ist === 0 ? 4 + level * 8 : 28 + ist * 8, 8, external);
  return at === undefined ? undefined : readSystem64(cpu, at);
}
