import type { SimClock } from "./sim-clock.ts";

/** Tells how far virtual time is from a wall clock that the caller injects; whoever owns the loop waits or hurries. */
export interface Pacer {
  /** Positive: virtual time is ahead of the wall clock by so many ns (wait). Negative: behind. */
  aheadNs(): bigint;
  /** Calls the present moment "in step": after a pause, a restore, or lateness that is not to be caught up. */
  rebase(): void;
}

/** `wallNs` is any monotonic clock in ns. It is only compared with the virtual clock, never fed into it. */
export function createPacer(clock: Pick<SimClock, "nowNs">, wallNs: () => bigint): Pacer {
  let base = clock.nowNs() - wallNs();
  return {
    aheadNs: () => clock.nowNs() - wallNs() - base,
    rebase: () => {
      base = clock.nowNs() - wallNs();
    },
  };
}
