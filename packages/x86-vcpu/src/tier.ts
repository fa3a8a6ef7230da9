import type { Cpu } from "./cpu.ts";

/** Why a tier came back. */
export const TierStop = {
  /** StateOffset.budget is 0. */
  Budget: 0,
  /** `cpu.raise` was called: an exception is pending, the instruction has not happened. */
  Fault: 1,
  /** `cpu.exit` is filled, the instruction has not happened. */
  Exit: 2,
  /** StateOffset.attention is non-zero (or `cpu.refresh()` said so): events, single-step, stop request. */
  Attention: 3,
} as const;
export type TierStop = (typeof TierStop)[keyof typeof TierStop];

/**
 * An engine that executes instructions on the state in linear memory.
 *
 * Between instructions RIP, `retired` and `budget` are exact whenever `run` returns and whenever it calls a helper or
 * a slow path of `Cpu`. After `nextFresh` and `dispatch` terminators a tier stores RIP, counts the instruction and
 * calls `cpu.refresh()`: it recomputes the mode key, and a non-zero answer means: return `Attention`. While `StateOffset.quiet` is 1 the answer
 * is known: as long as RFLAGS.TF stays clear, there is nothing to return for.
 *
 * A tier may return every fault. It may also ask `cpu.mayDeliver()`, have it delivered by `cpu.deliverFault()`, count one instruction for that,
 * and go on unless `cpu.wantsAttention()`.
 */
export interface Tier {
  /** Executes at least one instruction (or faults, or exits) unless the budget is 0. */
  run(cpu: Cpu): TierStop;
  /** The bytes [first, end) of this page of the buffer (host offset >>> 12) changed or may have: forget what was decoded from them. */
  invalidateCode(hostPage: number, first: number, end: number): void;
  /** Forget everything decoded. */
  reset(): void;
  /** See `Vcpu.registerDigest`: fills StateOffset.digest. Such a tier has done it where it calls `Cpu.onExit`. */
  readonly digestRegisters?: () => void;
}
