/** A simulated x86-64 processor: state, MMU, exceptions, all modes, two engine tiers. Runs until a VM exit. */
export { Cpu, type CpuFeatures, type CpuOptions, type TaskPriority } from "./cpu.ts";
export type { EntryState } from "./entry-state.ts";
export type { Intercepts } from "./intercepts.ts";
export type { CpuMemory } from "./memory.ts";
export type { Breakpoint, Watchpoint } from "./mmu/breakpoints.ts";
export { exitQualification } from "./qualification.ts";
export type { CpuState } from "./saved-state.ts";
export { type SegmentName, type SegmentRegister, segmentNames } from "./segment.ts";
export { type Tier, TierStop } from "./tier.ts";
export { createTier0 } from "./tier0/index.ts";
export { createTier1, type Tier1Options } from "./tier1/tier1.ts";
export { createVcpu, type LinearOptions, Vcpu, type VcpuOptions, type VcpuState } from "./vcpu.ts";
export type { VmExit, VmExitReason } from "./vm-exit.ts";
