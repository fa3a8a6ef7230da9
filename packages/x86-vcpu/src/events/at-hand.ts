/** Tables and stacks that lie in pages the TLB has: what the quick ways of delivery and IRET read and write, as words of `cpu.i32`. */
import type { Cpu } from "../cpu.ts";
import { StateOffset } from "../state-layout.ts";

/** Index of the first of the words in `bytes` bytes at a linear address; −1: not aligned, not in one page, or not in this table of the TLB. */
export function wordsAt(cpu: Cpu, table: number, low: number, high: number, bytes: number): number {
  return (low & 3) !== 0 || (low & 0xfff) > 0x1000 - bytes ? -1 : cpu.tlb.lookup(table, low, high) >> 2;
}

/** The same at the address in a 64-bit state field plus `offset`. */
export function wordsBehind(cpu: Cpu, table: number, field: number, offset: number, bytes: number): number {
  const { i32 } = cpu;
  const at = (cpu.base + field) >>> 2;
  const start = i32[at]!;
  const low = (start + offset) | 0;
  return wordsAt(cpu, table, low, (i32[at + 1]! + (low >>> 0 < start >>> 0 ? 1 : 0)) | 0, bytes);
}

/** The two words of a descriptor in the GDT; −1: null, in the LDT, outside, or not at hand. */
export function descriptorWords(cpu: Cpu, supervisor: number, selector: number): number {
  const offset = selector & 0xfff8;
  if (offset === 0 || (selector & 4) !== 0 || offset + 7 > cpu.get32(StateOffset.gdtrLimit)) return -1;
  return wordsBehind(cpu, supervisor, StateOffset.gdtrBase, offset, 8);
}

/** All flags that there are, bits 21:0. */
export const ALL_FLAGS = 0x3f_ffff;

export const dplOf = (high: number): number => (high >>> 13) & 3;

export const isInterruptGate = (high: number): boolean => (high & (1 << 8)) === 0;
