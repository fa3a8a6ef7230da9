/**
 * Real time: the guest's clock does not run ahead of the host's, and a guest that idles lets the host sleep until its next timer. A
 * guest that is slower than real time is not hurried on afterwards: its clock goes on from where it is.
 */

/** The guest runs ahead by this much at most; input waits no longer. */
const STEP_MS = 10;
/** Lateness that is caught up; beyond it the two clocks are called in step again. */
const MOST_BEHIND_MS = 100;
/** The longest sleep: whatever happens meanwhile is looked at then. */
const MOST_SLEEP_MS = 1000;
const NS_PER_MS = 1e6;

export interface PacedClock {
  nowNs(): bigint;
  readonly nextAlarmNs: bigint | undefined;
}

export class Pace {
  readonly #clock: PacedClock;
  readonly #nowMs: () => number;
  /** The guest's time minus the host's, ms. */
  #offsetMs: number;

  constructor(clock: PacedClock, nowMs: () => number) {
    this.#clock = clock;
    this.#nowMs = nowMs;
    this.#offsetMs = this.#guestMs() - nowMs();
  }

  /** After a run that the guest was busy all through: is it too slow for real time? */
  wasBusy(): void {
    const guestMs = this.#guestMs();
    if (this.#nowMs() + this.#offsetMs - guestMs > MOST_BEHIND_MS) this.#offsetMs = guestMs - this.#nowMs();
  }

  /** How far the guest may run now, ns of its time. */
  limitNs(): bigint {
    return BigInt(Math.round((this.#nowMs() + this.#offsetMs + STEP_MS) * NS_PER_MS));
  }

  /** How long the host may rest, now that the guest has come as far as it may. `isIdle`: it did nothing on the way. */
  restMs(isIdle: boolean): number {
    const { nextAlarmNs } = this.#clock;
    const untilMs = !isIdle
      ? this.#guestMs()
      : nextAlarmNs === undefined
        ? Number.POSITIVE_INFINITY
        : Number(nextAlarmNs) / NS_PER_MS;
    return Math.max(0, Math.min(MOST_SLEEP_MS, untilMs - this.#offsetMs - this.#nowMs()));
  }

  #guestMs(): number {
    return Number(this.#clock.nowNs()) / NS_PER_MS;
  }
}
