/** Operands and results of helpers, at the byte offsets that tiers pass. */
import type { Cpu } from "../cpu.ts";

export const read16 = (cpu: Cpu, at: number): number => cpu.u16[at >>> 1]!;
export const read32 = (cpu: Cpu, at: number): number => cpu.u32[at >>> 2]!;
export const read64 = (cpu: Cpu, at: number): bigint => cpu.u64[at >>> 3]!;
export const write16 = (cpu: Cpu, at: number, value: number): void => {
  cpu.u16[at >>> 1] = value;
};
export const write32 = (cpu: Cpu, at: number, value: number): void => {
  cpu.u32[at >>> 2] = value;
};
export const write64 = (cpu: Cpu, at: number, value: bigint): void => {
  cpu.u64[at >>> 3] = value;
};
