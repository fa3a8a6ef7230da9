/**
 * vCPUs that wait in a hypercall: for an upcall (SCHEDOP_block), or for one of some ports or a point in time (SCHEDOP_poll).
 *
 * Sources: Xen `xen/common/schedule.c` do_poll, vcpu_block, poll_timer_fn; `xen/common/event_2l.c` evtchn_2l_set_pending (who polls is woken, masked
 * port or not).
 */
import type { XenTimer } from "./vcpu-timers.ts";

export interface PollsState {
  readonly waits: readonly ({ readonly ports: readonly number[]; readonly untilNs: bigint | undefined } | undefined)[];
}

export interface PollsOptions {
  readonly vcpus: number;
  /** Names are unique. */
  readonly createTimer: (name: string, callback: (atNs: bigint) => void) => XenTimer;
  /** Ends the wait of a vCPU; one that does not wait stays as it is. */
  readonly wake: (vcpuId: number) => void;
}

interface Wait {
  readonly ports: ReadonlySet<number>;
  readonly untilNs: bigint | undefined;
}

export class Polls {
  readonly #wake: (vcpuId: number) => void;
  readonly #timers: readonly XenTimer[];
  /** What a vCPU waited for last. One that has been woken by an interrupt is still here, and waking it does nothing. */
  readonly #waits: (Wait | undefined)[];

  constructor({ vcpus, createTimer, wake }: PollsOptions) {
    this.#wake = wake;
    this.#waits = new Array(vcpus).fill(undefined);
    this.#timers = Array.from({ length: vcpus }, (_, id) => createTimer(`poll${id}`, () => this.#end(id)));
  }

  /** No ports: only an upcall ends it. `untilNs`: virtual time at which it ends in any case. */
  wait(vcpuId: number, ports: readonly number[], untilNs?: bigint): void {
    this.#waits[vcpuId] = { ports: new Set(ports), untilNs };
    if (untilNs === undefined) this.#timers[vcpuId]!.disarm();
    else this.#timers[vcpuId]!.arm(untilNs);
  }

  /** A port has become pending. */
  pended(port: number): void {
    this.#waits.forEach((wait, vcpuId) => {
      if (wait?.ports.has(port)) this.#end(vcpuId);
    });
  }

  /** The vCPU has an upcall to take. */
  upcall(vcpuId: number): void {
    if (this.#waits[vcpuId] !== undefined) this.#end(vcpuId);
  }

  save(): PollsState {
    return { waits: this.#waits.map((wait) => wait && { ports: [...wait.ports], untilNs: wait.untilNs }) };
  }

  load(state: PollsState): void {
    this.#timers.forEach((timer, id) => {
      const wait = state.waits[id];
      this.#waits[id] = wait && { ports: new Set(wait.ports), untilNs: wait.untilNs };
      if (wait?.untilNs === undefined) timer.disarm();
      else timer.arm(wait.untilNs);
    });
  }

  #end(vcpuId: number): void {
    this.#waits[vcpuId] = undefined;
    this.#timers[vcpuId]!.disarm();
    this.#wake(vcpuId);
  }
}
