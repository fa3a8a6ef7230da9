/** One thread: what is its own of the processor, of signals and of waiting. */
import type { Segment } from "./segment-descriptors.ts";
import type { AlternateStack } from "./signal-frames/signal-frame.ts";
import type { SignalInfo } from "./signals.ts";
import type { ProcessVcpu } from "./vcpu.ts";

/** Why a thread does not run. A signal ends every wait with EINTR. */
export interface Wait {
  /** For the report of a deadlock. */
  readonly what: string;
  /** Monotonic time at which it ends by itself, with `timeoutResult`. */
  readonly untilNs?: bigint;
  readonly timeoutResult: number;
  /** Address that a futex wake must name, and the bits of which it must name one. */
  futex?: number;
  readonly futexMask?: number;
  /** Told when a signal ends it. */
  readonly interrupted?: () => void;
}

export const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs"] as const;

/** What ring 3 has in the processor, between two instructions. */
export interface UserState {
  readonly registers: BigUint64Array;
  readonly rip: bigint;
  readonly rflags: bigint;
  /** In the order of `SEGMENTS`; the bases of FS and GS are those of the MSRs. */
  readonly segments: readonly Segment[];
  readonly fx: Uint8Array;
}

export function saveUserState(vcpu: ProcessVcpu): UserState {
  return {
    registers: BigUint64Array.from({ length: 16 }, (_, index) => vcpu.readRegister(index)),
    rip: vcpu.rip,
    rflags: vcpu.rflags,
    segments: SEGMENTS.map((name) => vcpu.segment(name)),
    fx: vcpu.readFxState(),
  };
}

export function loadUserState(vcpu: ProcessVcpu, state: UserState): void {
  state.registers.forEach((value, index) => void vcpu.writeRegister(index, value));
  SEGMENTS.forEach((name, index) => void vcpu.setSegment(name, state.segments[index]!));
  vcpu.writeFxState(state.fx);
  vcpu.rip = state.rip;
  vcpu.rflags = state.rflags;
}

export class Thread {
  readonly tid: number;
  blocked: bigint;
  pending: SignalInfo[] = [];
  alternate: AlternateStack = { base: 0n, flags: 2, size: 0n };
  /** The mask from before rt_sigsuspend, while it lasts. */
  suspendedMask: bigint | undefined;
  /** Zeroed and woken when the thread ends (CLONE_CHILD_CLEARTID). */
  clearTid = 0;
  /** GDT entries 12–14. */
  tls: readonly bigint[] = [0n, 0n, 0n];
  wait: Wait | undefined;
  /** While another runs. */
  state: UserState | undefined;
  /** prctl(PR_SET_NAME), if it was set: at most 15 bytes. */
  name: Uint8Array | undefined;
  /** Finishes the trace of a call that waits. */
  finishTrace: ((result: number | undefined) => void) | undefined;

  constructor(tid: number, blocked: bigint) {
    this.tid = tid;
    this.blocked = blocked;
  }
}
