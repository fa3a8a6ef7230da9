/**
 * Each vCPU's one-shot and periodic timer, which raise VIRQ_TIMER.
 *
 * Sources: Xen `xen/include/public/vcpu.h`, `xen/common/domain.c` do_vcpu_op, `xen/common/schedule.c` (vcpu_singleshot_timer_fn, vcpu_periodic_timer_work).
 */
export interface XenTimer {
  arm(atNs: bigint): void;
  disarm(): void;
}

/** Shortest period (Xen: 1 ms). */
export const MIN_PERIOD_NS = 1_000_000n;
/** Longest time ahead: a century, so that no clock has to count further. */
const MAX_AHEAD_NS = 3_155_760_000_000_000_000n;

/** A time that a guest names, within {@link MAX_AHEAD_NS} of now. */
export const boundedNs = (atNs: bigint, nowNs: bigint): bigint =>
  atNs > nowNs + MAX_AHEAD_NS ? nowNs + MAX_AHEAD_NS : atNs;

export interface VcpuTimersState {
  readonly singleshot: readonly (bigint | undefined)[];
  readonly periodic: readonly ({ readonly periodNs: bigint; readonly nextNs: bigint } | undefined)[];
}

export interface VcpuTimersOptions {
  readonly vcpus: number;
  readonly nowNs: () => bigint;
  /** Names are unique. */
  readonly createTimer: (name: string, callback: (atNs: bigint) => void) => XenTimer;
  readonly expired: (vcpuId: number) => void;
}

export class VcpuTimers {
  readonly #options: VcpuTimersOptions;
  readonly #singleshotTimers: readonly XenTimer[];
  readonly #periodicTimers: readonly XenTimer[];
  readonly #singleshot: (bigint | undefined)[];
  readonly #periodic: ({ periodNs: bigint; nextNs: bigint } | undefined)[];

  constructor(options: VcpuTimersOptions) {
    this.#options = options;
    const ids = Array.from({ length: options.vcpus }, (_, id) => id);
    this.#singleshot = ids.map(() => undefined);
    this.#periodic = ids.map(() => undefined);
    this.#singleshotTimers = ids.map((id) =>
      options.createTimer(`singleshot${id}`, () => {
        this.#singleshot[id] = undefined;
        options.expired(id);
      }),
    );
    this.#periodicTimers = ids.map((id) =>
      options.createTimer(`periodic${id}`, (atNs) => {
        const periodic = this.#periodic[id];
        if (periodic === undefined) return;
        periodic.nextNs = atNs + periodic.periodNs;
        this.#periodicTimers[id]!.arm(periodic.nextNs);
        options.expired(id);
      }),
    );
  }

  /** One that is past fires at once. Undefined stops it. */
  setSingleshot(vcpuId: number, atNs: bigint | undefined): void {
    const at = atNs === undefined ? undefined : boundedNs(atNs, this.#options.nowNs());
    this.#singleshot[vcpuId] = at;
    if (at === undefined) this.#singleshotTimers[vcpuId]!.disarm();
    else this.#singleshotTimers[vcpuId]!.arm(at);
  }

  /** `periodNs` at least {@link MIN_PERIOD_NS}. */
  setPeriodic(vcpuId: number, periodNs: bigint | undefined): void {
    const most = periodNs !== undefined && periodNs > MAX_AHEAD_NS ? MAX_AHEAD_NS : periodNs;
    const nextNs = this.#options.nowNs() + (most ?? 0n);
    this.#periodic[vcpuId] = most === undefined ? undefined : { periodNs: most, nextNs };
    if (most === undefined) this.#periodicTimers[vcpuId]!.disarm();
    else this.#periodicTimers[vcpuId]!.arm(nextNs);
  }

  save(): VcpuTimersState {
    return {
      singleshot: [...this.#singleshot],
      periodic: this.#periodic.map((periodic) => periodic && { ...periodic }),
    };
  }

  load(state: VcpuTimersState): void {
    this.#singleshotTimers.forEach((timer, id) => {
      const at = state.singleshot[id];
      this.#singleshot[id] = at;
      if (at === undefined) timer.disarm();
      else timer.arm(at);
    });
    this.#periodicTimers.forEach((timer, id) => {
      const periodic = state.periodic[id];
      this.#periodic[id] = periodic && { ...periodic };
      if (periodic === undefined) timer.disarm();
      else timer.arm(periodic.nextNs);
    });
  }
}
