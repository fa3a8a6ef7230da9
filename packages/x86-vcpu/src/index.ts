/** A simulated x86-64 processor: state, MMU, exceptions, all modes, two engine tiers. Runs until a VM exit. */
export { Cpu, type CpuFeatures, type CpuOptions } from "./cpu.ts";
export type { CpuMemory } from "./memory.ts";
export { type SegmentName, type SegmentRegister, segmentNames } from "./segment.ts";
export { type Tier, TierStop } from "./tier.ts";
export { createTier0 } from "./tier0/index.ts";
export { createVcpu, type LinearOptions, Vcpu, type VcpuOptions } from "./vcpu.ts";
export type { VmExit, VmExitReason } from "./vm-exit.ts";
