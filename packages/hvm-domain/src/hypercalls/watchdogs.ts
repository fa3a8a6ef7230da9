/**
 * Two watchdog timers of the domain. One that expires ends it.
 *
 * Sources: Xen `xen/include/public/sched.h` (SCHEDOP_watchdog), `xen/common/schedule.c` domain_watchdog.
 */
import type { XenErrnoName } from "../errors.ts";
import type { XenTimer } from "./vcpu-timers.ts";

/** NR_DOMAIN_WATCHDOG_TIMERS. */
const WATCHDOGS = 2;
const NS_PER_SECOND = 1_000_000_000n;

export interface WatchdogsState {
  /** When each expires, virtual ns; undefined: free. */
  readonly untilNs: readonly (bigint | undefined)[];
}

export interface WatchdogsOptions {
  readonly nowNs: () => bigint;
  /** Names are unique. */
  readonly createTimer: (name: string, callback: (atNs: bigint) => void) => XenTimer;
  readonly expired: () => void;
}

export class Watchdogs {
  readonly #nowNs: () => bigint;
  readonly #timers: readonly XenTimer[];
  readonly #untilNs: (bigint | undefined)[] = new Array(WATCHDOGS).fill(undefined);

  constructor({ nowNs, createTimer, expired }: WatchdogsOptions) {
    this.#nowNs = nowNs;
    this.#timers = this.#untilNs.map((_, index) => createTimer(`watchdog${index}`, expired));
  }

  /** `id` 0 takes a free one and tells its number; another one is set again, or stopped and freed by 0 seconds. */
  set(id: number, seconds: number): number | XenErrnoName {
    if (id > WATCHDOGS) return "EINVAL";
    const index = id === 0 ? this.#untilNs.indexOf(undefined) : id - 1;
    if (index < 0) return "ENOSPC";
    if (id !== 0 && this.#untilNs[index] === undefined) return "EINVAL";
    this.#arm(index, id !== 0 && seconds === 0 ? undefined : this.#nowNs() + BigInt(seconds) * NS_PER_SECOND);
    return id === 0 ? index + 1 : 0;
  }

  save(): WatchdogsState {
    return { untilNs: [...this.#untilNs] };
  }

  load({ untilNs }: WatchdogsState): void {
    for (let index = 0; index < WATCHDOGS; index++) this.#arm(index, untilNs[index]);
  }

  #arm(index: number, atNs: bigint | undefined): void {
    this.#untilNs[index] = atNs;
    if (atNs === undefined) this.#timers[index]!.disarm();
    else this.#timers[index]!.arm(atNs);
  }
}
