/**
 * One HVM domain: what it was created with, who answers its VM exits, and which vCPU runs when.
 *
 * Time is counted in ticks of one instruction each. An exit that completes no instruction takes one tick as well, so that a
 * guest which only faults cannot hold the host. vCPUs run in turns of `quantum` ticks in the order of their numbers, side by side in
 * virtual time. How a host cuts a run into pieces changes nothing of all this.
 */
import { type CpuidOptions, type CpuidPolicy, createCpuidPolicy } from "./cpuid/cpuid-policy.ts";
import { type CreateFlags, completeCreateFlags, decodeCreateFlags, encodeCreateFlags } from "./create-flags.ts";
import { DomainError } from "./errors.ts";
import { exceptionBitmap } from "./exception-bitmap.ts";
import {
  type ExceptionInterceptor,
  type ExitEnvironment,
  type ExitHandler,
  exitHandlers,
  type HypercallHook,
  type NextStep,
  type PerformanceCounter,
  performPortInstruction,
} from "./exit-handlers.ts";
import { createHvmParams, HVM_NR_PARAMS, type HvmParamName, type HvmParams } from "./hvm-params.ts";
import { type MmioHandler, MmioMap } from "./mmio.ts";
import { type MsrHandler, type MsrState, MsrTable } from "./msr.ts";
import { PauseLoop, type PauseLoopState } from "./pause-loop.ts";
import type { DomainIo, PortInstruction, PortResult } from "./port-io.ts";
import type { ShutdownInfo, ShutdownReason } from "./shutdown.ts";
import { TraceHash } from "./trace-hash.ts";
import type { HvmVcpu, VmExit, VmExitReason } from "./vcpu.ts";

/** Virtual time as the domain needs it; `sim-clock` fits. */
export interface DomainClock {
  nowNs(): bigint;
  retire(count: number): void;
  advanceTo(atNs: bigint): void;
  nsAfter(count: number): bigint;
  /** The same as a number, from what has been told, NaN where it has none that is exact. May be left out. */
  nsNumberAfter?(count: number): number;
  readonly nextAlarmNs: bigint | undefined;
  instructionsUntilAlarm(most: number): number;
  /** Another number whenever `instructionsUntilAlarm` is not simply what it was, less what has retired since. */
  readonly revision: number;
  /** From now on `catchUp` is called before anybody reads the time, arms an alarm or lets time jump. */
  follow(catchUp: () => void): void;
  instructionsUntil(atNs: bigint, most: number): number;
}

/** Who raises maskable interrupts: an interrupt controller's output to one vCPU. */
export interface DomainInterrupts {
  isPending(vcpuId: number): boolean;
  /** The acknowledge cycle: takes the highest pending one and names its vector. Called only while one is pending. */
  acknowledge(vcpuId: number): number;
}

export interface DomainOptions {
  readonly name: string;
  /** Default 1. */
  readonly domid?: number;
  /** Named flags over the defaults, or XEN_DOMCTL_CDF bits. */
  readonly flags?: Partial<CreateFlags> | number;
  readonly params?: Readonly<Partial<Record<HvmParamName, bigint>>>;
  /** How many vCPUs will be added. Default 1. */
  readonly vcpus?: number;
  readonly cpuid?: CpuidOptions;
  /** Whose rules the exception bitmap follows. Default `vmx`. */
  readonly flavour?: "vmx" | "svm";
  /** VMX can run real mode as it is. Default true; without it every exception of real mode exits. */
  readonly unrestrictedGuest?: boolean;
  readonly io: DomainIo;
  readonly clock: DomainClock;
  /** Default: nobody interrupts. */
  readonly interrupts?: DomainInterrupts;
  /** Ticks of one vCPU's turn. Default 10,000; 1,000,000 for one that is alone. */
  readonly quantum?: number;
}

export interface RunLimits {
  /** Ticks: instructions retired by all vCPUs, and exits that completed none. */
  readonly maxInstructions?: number;
  /** Virtual time not to be passed. */
  readonly untilNs?: bigint;
  /** VM entries and idle jumps: lets a host look at its own clock while an idle guest waits. */
  readonly maxSteps?: number;
}

export type RunStop =
  | { readonly kind: "instructions" | "time" | "steps" | "paused" | "stopped" }
  /** Every vCPU has halted and nothing can wake one. */
  | { readonly kind: "halted" }
  | { readonly kind: "shutdown"; readonly shutdown: ShutdownInfo };

export type ExitObserver = (vcpu: HvmVcpu, exit: VmExit) => void;

export interface DomainState {
  readonly version: 1;
  readonly name: string;
  /** XEN_DOMCTL_CDF bits. */
  readonly flags: number;
  readonly params: readonly { readonly index: number; readonly value: bigint }[];
  readonly vcpus: readonly {
    readonly id: number;
    readonly online: boolean;
    readonly blocked: boolean;
    readonly waiting?: boolean;
    readonly nmiPending: boolean;
    readonly fpuLoaded: boolean;
    readonly pauseLoop: PauseLoopState;
    readonly progress: number;
    readonly state: unknown;
  }[];
  readonly turn: number;
  readonly roundElapsed: number;
  readonly ticks: number;
  /** Spent and not yet passed: by what came from outside between two runs. */
  readonly charged?: number;
  readonly msrs: MsrState;
  readonly traceHash: string;
  readonly exits: Readonly<Partial<Record<VmExitReason, number>>>;
  readonly paused: boolean;
  readonly shutdown: ShutdownInfo | undefined;
}

export interface Domain {
  readonly name: string;
  readonly domid: number;
  readonly flags: CreateFlags;
  readonly params: HvmParams;
  readonly cpuid: CpuidPolicy;
  readonly vcpus: readonly HvmVcpu[];
  /**
   * vCPUs have the numbers 0, 1, 2 … in the order of adding. The first is online, the others wait to be brought up (by a start-up
   * IPI, as a rule) unless it is said otherwise.
   */
  addVcpu(vcpu: HvmVcpu, options?: { readonly online?: boolean }): void;
  /** Brings a vCPU up, not halted, or takes it down. Throws `ESRCH`. */
  setOnline(vcpuId: number, online: boolean): void;
  /** Throws `ESRCH`. */
  isOnline(vcpuId: number): boolean;

  registerExceptionInterceptor(vector: number, interceptor: ExceptionInterceptor): () => void;
  registerHypercallHook(hook: HypercallHook): () => void;
  registerPerformanceCounter(counter: PerformanceCounter): () => void;
  registerMsr(index: number, handler: MsrHandler): void;
  registerMmio(base: number, size: number, handler: MmioHandler): () => void;
  /** Executes a port instruction that an interceptor decoded: registers, memory and RIP as if it had been permitted. */
  performPortInstruction(vcpu: HvmVcpu, instruction: PortInstruction): PortResult;
  /** For whoever answers an access: time that it takes the vCPU beside the instruction, in instructions. */
  spend(ticks: number): void;
  /** Told of every exit but `budget`, `stop` and interrupt windows, before it is handled. */
  observeExits(observer: ExitObserver): () => void;

  /** Runs until something stops it. Never throws on account of the guest. */
  run(limits?: RunLimits): RunStop;
  pause(): void;
  unpause(): void;
  readonly paused: boolean;
  shutdown(reason: ShutdownReason, text?: string): void;
  readonly shutdownInfo: ShutdownInfo | undefined;
  /** Ends `run` at the next exit, with `stopped`. */
  requestStop(): void;
  /** Sends an NMI, which also wakes a halted vCPU. */
  injectNmi(vcpuId: number): void;
  /** Ends the waiting of a vCPU whose hypercall answered `wait`; nothing else. Throws `ESRCH`. */
  wake(vcpuId: number): void;
  /** A debugger is there: #BP (and #DB, where stepping needs it) exit. */
  debuggerAttached: boolean;

  /** Virtual time as vCPU `vcpuId` sees it when it has retired `retired` instructions: for time-stamp counters. */
  nsAt(vcpuId: number, retired: number): bigint;
  /** The same as a number; NaN where the clock has none that is exact. */
  nsNumberAt(vcpuId: number, retired: number): number;
  /** Ticks since creation. */
  readonly ticks: number;
  readonly exitCounts: Readonly<Partial<Record<VmExitReason, number>>>;
  /** Sixteen hexadecimal digits over every exit so far: reason, vCPU, RIP, instructions retired, general registers. */
  traceHash(): string;
  save(): DomainState;
  /** Into a domain of the same flags and number of vCPUs. Throws `EINVAL` before anything changes. */
  load(state: DomainState): void;
}

export function createDomain(options: DomainOptions): Domain {
  return new HvmDomain(options);
}

interface Slot {
  readonly vcpu: HvmVcpu;
  online: boolean;
  /** Halted until an event. */
  blocked: boolean;
  /** Halted, and `wake` is an event, whether or not interrupts are enabled. */
  waiting: boolean;
  nmiPending: boolean;
  fpuLoaded: boolean;
  readonly pauseLoop: PauseLoop;
  /** From which of the things that change the vCPU's exception bitmap is; −1: none yet. */
  bitmapInputs: number;
  /** Ticks of this round. */
  progress: number;
  /** `vcpu.retired` up to which progress counts. */
  counted: number;
  /** `vcpu.retired` at which the budget of the latest entry is spent, and its bits 31:0. */
  horizon: number;
  horizonLow: number;
  /** First bits 31:0 of `vcpu.retired`: the engine's own words, or (not `isLive`) what `refresh` read. */
  readonly retired: Int32Array;
  readonly isLive: boolean;
  /** The vCPU's digest, where the engine has one, and its number in the trace hash. */
  readonly digest: Int32Array | undefined;
  readonly tag: number;
}

/** Before somebody looks at `retired` where it is not live. */
function refresh({ vcpu, retired }: Slot): void {
  retired[0] = vcpu.retired | 0;
}

/** Of an answer to an exit: see `HvmVcpu.answerExits`. */
const AS_BEFORE = -1;

function unblock(slot: Slot): void {
  slot.blocked = false;
  slot.waiting = false;
}

const DEFAULT_QUANTUM = 10_000;
/** A vCPU that is alone shares its time with nobody; turns only bound how long the engine runs at a stretch. */
const ALONE_QUANTUM = 1_000_000;
const MAX_VCPUS = 128;
/** Of exceptions (SDM vol. 3, table 7-1). */
const VECTORS = 32;
const RFLAGS_IF = 1n << 9n;
const CR0_PE = 1n;
const STOPPED = { kind: "stopped" } as const;

class HvmDomain implements Domain {
  readonly name: string;
  readonly domid: number;
  readonly flags: CreateFlags;
  readonly params: HvmParams;
  readonly cpuid: CpuidPolicy;
  paused = false;
  shutdownInfo: ShutdownInfo | undefined;

  readonly #slots: Slot[] = [];
  readonly #vcpuCount: number;
  readonly #flavour: "vmx" | "svm";
  /** VMX without unrestricted guest. */
  readonly #emulatesRealMode: boolean;
  readonly #clock: DomainClock;
  readonly #interrupts: DomainInterrupts | undefined;
  readonly #quantum: number;
  readonly #interceptors: (readonly ExceptionInterceptor[] | undefined)[] = new Array(VECTORS).fill(undefined);
  #observers: readonly ExitObserver[] = [];
  #isObserved = false;
  readonly #mmio = new MmioMap();
  readonly #msrs = new MsrTable();
  readonly #hash = new TraceHash();
  readonly #environment: MutableEnvironment;
  readonly #rows = new Map<VmExitReason, ExitRow>();
  /** Of the latest exit: the next one is of the same reason more often than not. At first of one that is no exit to be carried out. */
  #row: ExitRow = { reason: "budget", number: -1, handler: unknownExit, count: 0 };
  #turn = 0;
  /** Ticks of this round that the clock has seen: the progress of the vCPU furthest ahead. */
  #roundElapsed = 0;
  #charged = 0;
  /** Whose entry was the latest, and whether its guest runs. */
  #running: Slot | undefined;
  #isInside = false;
  #ticks = 0;
  /** An exit of it is being dealt with, at which bits 31:0 of what it had retired were these. */
  #isAtExit = false;
  #exitRetired = 0;
  #stopRequested = false;
  #debuggerAttached = false;
  /**
   * Since the latest entry something has come up that the next one must look at: a request, an NMI, another exception bitmap, a charge, the end of
   * a turn. Where the bitmap depends on CR0, which changes without an exit, or steps are counted: always.
   */
  #isDisturbed = true;
  /** The clock's at the latest entry. */
  #clockRevision = -1;
  /** Limits of the current `run`: ticks, virtual time, steps still to take. */
  #end = 0;
  #untilNs: bigint | undefined;
  #stepsLeft = 0;
  /** There is such a limit. */
  #countsSteps = false;

  constructor(options: DomainOptions) {
    const { name, domid = 1, flags = {}, vcpus = 1, params = {} } = options;
    const quantum = options.quantum ?? (vcpus === 1 ? ALONE_QUANTUM : DEFAULT_QUANTUM);
    if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > MAX_VCPUS) {
      throw new DomainError("EINVAL", `vcpus is ${vcpus}; expected 1 to ${MAX_VCPUS}`);
    }
    if (!Number.isInteger(quantum) || quantum < 1) {
      throw new DomainError("EINVAL", `quantum is ${quantum}; expected an integer above 0`);
    }
    this.name = name;
    this.domid = domid;
    this.flags = typeof flags === "number" ? decodeCreateFlags(flags) : completeCreateFlags(flags);
    if (!this.flags.hvmGuest) throw new DomainError("EINVAL", "create flag hvm_guest is off; this is an HVM domain");
    this.params = createHvmParams(this.flags);
    for (const [param, value] of Object.entries(params)) this.params.set(param as HvmParamName, value);
    this.cpuid = createCpuidPolicy({
      ...options.cpuid,
      vcpus,
      hardwareVersion: () => this.params.get("VMWARE_HW"),
      viridian: () => this.params.get("VIRIDIAN") !== 0n,
    });
    this.#vcpuCount = vcpus;
    this.#flavour = options.flavour ?? "vmx";
    this.#emulatesRealMode = this.#flavour === "vmx" && options.unrestrictedGuest === false;
    this.#clock = options.clock;
    this.#clock.follow(() => this.#catchUp());
    this.#interrupts = options.interrupts;
    this.#quantum = quantum;
    this.#environment = this.#createEnvironment(options.io);
  }

  get vcpus(): readonly HvmVcpu[] {
    return this.#slots.map(({ vcpu }) => vcpu);
  }

  addVcpu(vcpu: HvmVcpu, { online = vcpu.id === 0 }: { readonly online?: boolean } = {}): void {
    if (vcpu.id !== this.#slots.length || vcpu.id >= this.#vcpuCount) {
      throw new DomainError(
        "EINVAL",
        `vCPU ${vcpu.id}: expected number ${this.#slots.length}; the domain was created for ${this.#vcpuCount}`,
      );
    }
    const slot = {
      vcpu,
      online,
      blocked: false,
      waiting: false,
      nmiPending: false,
      fpuLoaded: false,
      pauseLoop: new PauseLoop(),
      bitmapInputs: -1,
      progress: 0,
      counted: vcpu.retired,
      horizon: 0,
      horizonLow: 0,
      retired: vcpu.registerViews?.retired ?? new Int32Array(1),
      isLive: vcpu.registerViews !== undefined,
      digest: vcpu.registerDigest?.words,
      tag: vcpu.id << 16,
    };
    this.#slots.push(slot);
    this.#updateExceptionBitmap(slot);
    vcpu.answerExits?.((exit) => this.#answer(slot, exit));
  }

  registerExceptionInterceptor(vector: number, interceptor: ExceptionInterceptor): () => void {
    this.#interceptors[vector] = [...(this.#interceptors[vector] ?? []), interceptor];
    return () => {
      this.#interceptors[vector] = this.#interceptors[vector]?.filter((other) => other !== interceptor);
    };
  }

  registerHypercallHook(hook: HypercallHook): () => void {
    const environment = this.#environment;
    environment.hypercalls = [...environment.hypercalls, hook];
    return () => {
      environment.hypercalls = environment.hypercalls.filter((other) => other !== hook);
    };
  }

  registerPerformanceCounter(counter: PerformanceCounter): () => void {
    const environment = this.#environment;
    environment.counters = [...environment.counters, counter];
    return () => {
      environment.counters = environment.counters.filter((other) => other !== counter);
    };
  }

  registerMsr(index: number, handler: MsrHandler): void {
    this.#msrs.register(index, handler);
  }

  registerMmio(base: number, size: number, handler: MmioHandler): () => void {
    return this.#mmio.register(base, size, handler);
  }

  performPortInstruction(vcpu: HvmVcpu, instruction: PortInstruction): PortResult {
    return performPortInstruction(vcpu, instruction, this.#environment);
  }

  spend(ticks: number): void {
    this.#charged += ticks;
    this.#isDisturbed = true;
  }

  observeExits(observer: ExitObserver): () => void {
    this.#observers = [...this.#observers, observer];
    this.#isObserved = true;
    return () => {
      this.#observers = this.#observers.filter((other) => other !== observer);
      this.#isObserved = this.#observers.length > 0;
    };
  }

  run(limits: RunLimits = {}): RunStop {
    if (this.#slots.length !== this.#vcpuCount) {
      throw new DomainError("EINVAL", `${this.#slots.length} of ${this.#vcpuCount} vCPUs were added`);
    }
    const { maxInstructions = Number.MAX_SAFE_INTEGER, untilNs, maxSteps = Number.MAX_SAFE_INTEGER } = limits;
    this.#end = this.#ticks + maxInstructions;
    this.#untilNs = untilNs;
    this.#stepsLeft = maxSteps;
    this.#countsSteps = maxSteps < Number.MAX_SAFE_INTEGER;
    for (;;) {
      const stop = this.#stop();
      if (stop !== undefined) {
        if (stop === STOPPED) this.#stopRequested = false;
        return stop;
      }
      this.#stepsLeft--;
      const slot = this.#nextRunnable();
      if (slot !== undefined) this.#step(slot);
      else if (!this.#idle(untilNs)) return { kind: "halted" };
    }
  }

  /** Why `run` ends before its next step. */
  #stop(): RunStop | undefined {
    if (this.shutdownInfo !== undefined) return { kind: "shutdown", shutdown: this.shutdownInfo };
    if (this.paused) return { kind: "paused" };
    if (this.#stopRequested) return STOPPED;
    if (this.#ticks >= this.#end) return { kind: "instructions" };
    if (this.#untilNs !== undefined && this.#clock.nowNs() >= this.#untilNs) return { kind: "time" };
    if (this.#stepsLeft <= 0) return { kind: "steps" };
    return undefined;
  }

  pause(): void {
    this.paused = true;
    this.#interrupt();
  }

  /** What was asked for between two entries is looked at by the next; a running guest is stopped. */
  #interrupt(): void {
    this.#isDisturbed = true;
    if (this.#isInside && !this.#isAtExit) this.#running?.vcpu.requestStop();
  }

  get debuggerAttached(): boolean {
    return this.#debuggerAttached;
  }

  set debuggerAttached(attached: boolean) {
    this.#debuggerAttached = attached;
    this.#isDisturbed = true;
  }

  unpause(): void {
    this.paused = false;
  }

  shutdown(reason: ShutdownReason, text = `${reason} requested`): void {
    this.#environment.shutdown({ reason, cause: "request", vcpuId: undefined, rip: undefined, text });
  }

  requestStop(): void {
    this.#stopRequested = true;
    this.#interrupt();
  }

  injectNmi(vcpuId: number): void {
    this.#slotAt(vcpuId).nmiPending = true;
    this.#isDisturbed = true;
  }

  wake(vcpuId: number): void {
    const slot = this.#slotAt(vcpuId);
    if (slot.waiting) unblock(slot);
  }

  setOnline(vcpuId: number, online: boolean): void {
    const slot = this.#slotAt(vcpuId);
    slot.online = online;
    unblock(slot);
    this.#isDisturbed = true;
  }

  isOnline(vcpuId: number): boolean {
    return this.#slotAt(vcpuId).online;
  }

  #slotAt(vcpuId: number): Slot {
    const slot = this.#slots[vcpuId];
    if (slot === undefined) throw new DomainError("ESRCH", `no vCPU ${vcpuId}`);
    return slot;
  }

  get ticks(): number {
    this.#catchUp();
    return this.#ticks;
  }

  nsNumberAt(vcpuId: number, retired: number): number {
    // Progress, the round and the clock are of one moment, whenever that was: no need to catch up.
    const slot = this.#slots[vcpuId];
    const count = slot === undefined ? 0 : slot.progress + (retired - slot.counted) - this.#roundElapsed;
    return this.#clock.nsNumberAfter?.(count) ?? Number.NaN;
  }

  nsAt(vcpuId: number, retired: number): bigint {
    this.#catchUp();
    const slot = this.#slots[vcpuId];
    if (slot === undefined) return this.#clock.nowNs();
    return this.#clock.nsAfter(slot.progress + (retired - slot.counted) - this.#roundElapsed);
  }

  traceHash(): string {
    return this.#hash.toString();
  }

  save(): DomainState {
    return {
      version: 1,
      name: this.name,
      flags: encodeCreateFlags(this.flags),
      params: this.params.entries().map(({ index, value }) => ({ index, value })),
      vcpus: this.#slots.map(({ vcpu, online, blocked, waiting, nmiPending, fpuLoaded, pauseLoop, progress }) => ({
        id: vcpu.id,
        online,
        blocked,
        waiting,
        nmiPending,
        fpuLoaded,
        pauseLoop: pauseLoop.save(),
        progress,
        state: vcpu.save(),
      })),
      turn: this.#turn,
      roundElapsed: this.#roundElapsed,
      ticks: this.#ticks,
      charged: this.#charged,
      msrs: this.#msrs.save(),
      traceHash: this.traceHash(),
      exits: this.exitCounts,
      paused: this.paused,
      shutdown: this.shutdownInfo,
    };
  }

  load(state: DomainState): void {
    if (state.version !== 1) {
      throw new DomainError("EINVAL", `domain state has version ${String(state.version)}; expected 1`);
    }
    if (state.flags !== encodeCreateFlags(this.flags)) {
      throw new DomainError(
        "EINVAL",
        `domain state has create flags 0x${state.flags.toString(16)}; this domain has 0x${encodeCreateFlags(this.flags).toString(16)}`,
      );
    }
    if (state.vcpus.length !== this.#slots.length) {
      throw new DomainError(
        "EINVAL",
        `domain state has ${state.vcpus.length} vCPUs; this domain has ${this.#slots.length}`,
      );
    }
    // Downwards: VMWARE_HW, the one that may refuse, comes first.
    for (let index = HVM_NR_PARAMS - 1; index >= 0; index--) {
      const value = state.params.find((param) => param.index === index)?.value ?? 0n;
      if (this.params.get(index) !== value) this.params.set(index, value);
    }
    state.vcpus.forEach((saved, index) => {
      const slot = this.#slots[index] as Slot;
      slot.vcpu.load(saved.state as never);
      slot.bitmapInputs = -1;
      slot.online = saved.online;
      slot.blocked = saved.blocked;
      slot.waiting = saved.waiting ?? false;
      slot.nmiPending = saved.nmiPending;
      slot.fpuLoaded = saved.fpuLoaded;
      slot.pauseLoop.load(saved.pauseLoop);
      slot.progress = saved.progress;
      slot.counted = slot.vcpu.retired;
    });
    this.#turn = state.turn;
    this.#roundElapsed = state.roundElapsed;
    this.#ticks = state.ticks;
    this.#charged = state.charged ?? 0;
    this.#msrs.load(state.msrs);
    this.#hash.restore(state.traceHash);
    for (const row of this.#rows.values()) row.count = 0;
    for (const [reason, count] of Object.entries(state.exits)) {
      if (this.#findRow(reason as VmExitReason)) this.#row.count = count;
    }
    this.paused = state.paused;
    this.shutdownInfo = state.shutdown;
  }

  #createEnvironment(io: DomainIo): MutableEnvironment {
    const slotOf = (vcpu: HvmVcpu): Slot => this.#slots[vcpu.id] as Slot;
    return {
      cpuid: this.cpuid,
      io,
      mmio: this.#mmio,
      msrs: this.#msrs,
      interceptors: this.#interceptors,
      hypercalls: [],
      counters: [],
      emulatesRealMode: this.#emulatesRealMode,
      fpuUsed: (vcpu) => {
        slotOf(vcpu).fpuLoaded = true;
        this.#isDisturbed = true;
      },
      charge: (count) => this.spend(count),
      pauseTicks: (vcpu) => slotOf(vcpu).pauseLoop.ticks(vcpu.rip, vcpu.retired),
      tripleFaultReason: () => this.params.get("TRIPLE_FAULT_REASON"),
      shutdown: (info) => {
        this.shutdownInfo ??= info;
        this.#interrupt();
      },
    };
  }

  /** The vCPU whose turn it is, undefined if all are halted. Goes to the next round when every one has had its turn. */
  #nextRunnable(): Slot | undefined {
    for (let looked = 0; looked <= this.#slots.length; looked++) {
      if (this.#turn >= this.#slots.length) this.#nextRound();
      const slot = this.#slots[this.#turn] as Slot;
      if (slot.progress < this.#quantum && !this.#isBlocked(slot)) return slot;
      this.#turn++;
    }
    return undefined;
  }

  #nextRound(): void {
    this.#turn = 0;
    this.#roundElapsed = 0;
    for (const slot of this.#slots) slot.progress = 0;
  }

  #isBlocked(slot: Slot): boolean {
    if (!slot.online) return true;
    if (!slot.blocked) return false;
    const awake = slot.nmiPending || (this.#canInterrupt(slot) && this.#interrupts?.isPending(slot.vcpu.id) === true);
    if (awake) unblock(slot);
    return !awake;
  }

  #canInterrupt({ vcpu }: Slot): boolean {
    return (vcpu.rflags & RFLAGS_IF) !== 0n;
  }

  /** Could an alarm end the vCPU's halt? */
  #canWake(slot: Slot): boolean {
    return slot.online && (slot.waiting || this.#canInterrupt(slot));
  }

  /** Jumps to the next alarm. False if no alarm can wake anybody. */
  #idle(untilNs: bigint | undefined): boolean {
    const alarm = this.#clock.nextAlarmNs;
    if (alarm === undefined || !this.#slots.some((slot) => this.#canWake(slot))) return false;
    this.#nextRound();
    this.#clock.advanceTo(untilNs !== undefined && untilNs < alarm ? untilNs : alarm);
    return true;
  }

  #step(slot: Slot): void {
    const { vcpu } = slot;
    const budget = this.#budget(slot);
    if (budget === 0) {
      // An alarm is due at this very moment.
      this.#clock.advanceTo(this.#clock.nowNs());
      return;
    }
    this.#enter(slot, budget);
    const exit = vcpu.run(budget);
    this.#isInside = false;
    this.#account(slot);
    if (exit.reason === "stop") this.#stopRequested ||= !this.paused && this.shutdownInfo === undefined;
    else if (exit.reason !== "budget") {
      this.#carryOut(slot, exit);
      this.#account(slot);
    }
  }

  /**
   * An exit, told by a vCPU that need not come back for it: the end of this step and, if it is the same vCPU's again, the beginning of
   * the next, just as `run` does them.
   */
  #answer(slot: Slot, exit: VmExit): number {
    // What somebody spent while the guest ran, or before, the horizon does not know.
    if (this.#isDisturbed) this.#settle(slot);
    this.#carryOut(slot, exit);
    const isPlain =
      !this.#isDisturbed &&
      // Of a budget that is longer than 2^31, all may go the long way.
      ((slot.horizonLow - (slot.retired[0] as number)) | 0) > 0 &&
      this.#clock.revision === this.#clockRevision &&
      this.#interrupts?.isPending(slot.vcpu.id) !== true;
    // Else all is as at the latest entry but the time, and who asks for that lets it catch up.
    return isPlain ? AS_BEFORE : this.#nextEntry(slot);
  }

  #settle(slot: Slot): void {
    this.#isInside = false;
    if (this.#charged !== 0) this.#account(slot);
  }

  #nextEntry(slot: Slot): number {
    this.#isInside = false;
    this.#account(slot);
    // Still its turn? Whose it is otherwise, `run` finds out.
    const isNext = this.#slots[this.#turn] === slot && slot.progress < this.#quantum && !this.#isBlocked(slot);
    if (!isNext || this.#stop() !== undefined) return 0;
    const budget = this.#budget(slot);
    if (budget === 0) return 0;
    this.#stepsLeft--;
    this.#enter(slot, budget);
    return slot.horizon;
  }

  /** Time passes only as far as somebody asks for it, or charges some. `slot.retired` is what it is then. */
  #carryOut(slot: Slot, exit: VmExit): void {
    if (this.#row.reason !== exit.reason && !this.#findRow(exit.reason)) return;
    const row = this.#row;
    const { vcpu, retired, isLive, digest } = slot;
    if (!isLive) refresh(slot);
    const before = retired[0] as number;
    this.#exitRetired = before;
    this.#isAtExit = true;
    row.count++;
    if (digest === undefined) this.#hash.addVcpu(row.number ^ slot.tag, vcpu);
    else this.#hash.add((digest[0] as number) ^ row.number ^ slot.tag, digest[1] as number);
    if (this.#isObserved) this.#tellObservers(vcpu, exit);
    const next = row.handler(vcpu, exit, this.#environment);
    this.#isAtExit = false;
    if (!isLive) refresh(slot);
    // An exit at which no instruction retired takes time too, or a guest could make the host busy for ever.
    if (retired[0] === before) this.spend(1);
    if (next !== "run") this.#endTurn(slot, next);
  }

  /** While an exit is dealt with, time is that of the exit. */
  #catchUp(): void {
    if (!this.#isAtExit) return;
    const slot = this.#running as Slot;
    if (!slot.isLive) refresh(slot);
    this.#pass(slot, slot.vcpu.retired - (((slot.retired[0] as number) - this.#exitRetired) | 0), 0);
  }

  #tellObservers(vcpu: HvmVcpu, exit: VmExit): void {
    for (const observer of this.#observers) observer(vcpu, exit);
  }

  #endTurn(slot: Slot, next: Exclude<NextStep, "run">): void {
    this.#isDisturbed = true;
    this.#account(slot);
    if (next === "stop") return;
    if (next !== "yield") slot.blocked = true;
    if (next === "wait") slot.waiting = true;
    this.#turn++;
  }

  get exitCounts(): Partial<Record<VmExitReason, number>> {
    const met = [...this.#rows.values()].filter(({ count }) => count > 0);
    return Object.fromEntries(met.map(({ reason, count }) => [reason, count]));
  }

  /** Sets `#row`. False: the exit is nobody's business but the next entry's. */
  #findRow(reason: VmExitReason): boolean {
    if (reason === "external-interrupt-window") {
      this.#isDisturbed = true;
      return false;
    }
    let row = this.#rows.get(reason);
    if (row === undefined) {
      row = { reason, number: reasonNumbers[reason], handler: exitHandlers[reason] ?? unknownExit, count: 0 };
      this.#rows.set(reason, row);
    }
    this.#row = row;
    return true;
  }

  /** Ticks this vCPU may run: to the end of its turn, of the caller's limits, or to the next alarm. */
  #budget(slot: Slot): number {
    const behind = this.#roundElapsed - slot.progress;
    let budget = Math.min(this.#quantum - slot.progress, this.#end - this.#ticks);
    if (budget > behind) budget = behind + this.#clock.instructionsUntilAlarm(budget - behind);
    if (this.#untilNs !== undefined && budget > behind) {
      budget = Math.min(budget, behind + this.#clock.instructionsUntil(this.#untilNs, budget - behind));
    }
    return budget;
  }

  #enter(slot: Slot, budget: number): void {
    const { vcpu } = slot;
    slot.horizon = slot.counted + budget;
    slot.horizonLow = slot.horizon | 0;
    this.#clockRevision = this.#clock.revision;
    this.#isDisturbed = this.#emulatesRealMode || this.#countsSteps || this.#charged !== 0;
    this.#running = slot;
    // An error out of a handler may have left it.
    this.#isAtExit = false;
    this.#isInside = true;
    this.#updateExceptionBitmap(slot);
    if (slot.nmiPending) {
      slot.nmiPending = false;
      vcpu.injectNmi();
    } else if (this.#interrupts?.isPending(vcpu.id)) {
      if (vcpu.interruptible) vcpu.injectInterrupt(this.#interrupts.acknowledge(vcpu.id));
      else vcpu.requestInterruptWindow();
    }
  }

  #updateExceptionBitmap(slot: Slot): void {
    const isReal = this.#isEmulatedRealMode(slot.vcpu);
    const inputs = (slot.fpuLoaded ? 1 : 0) | (this.#debuggerAttached ? 2 : 0) | (isReal ? 4 : 0);
    if (inputs === slot.bitmapInputs) return;
    slot.bitmapInputs = inputs;
    slot.vcpu.exceptionBitmap = exceptionBitmap({
      flavour: this.#flavour,
      vmwarePort: this.flags.vmwarePort,
      paging: this.flags.hap ? "hap" : "shadow",
      emulatedRealMode: isReal,
      fpuLoaded: slot.fpuLoaded,
      debugger: { attached: this.#debuggerAttached, monitorTrapFlag: true },
    });
  }

  #isEmulatedRealMode(vcpu: HvmVcpu): boolean {
    return this.#emulatesRealMode && (vcpu.cr0 & CR0_PE) === 0n;
  }

  /** Lets the time of what the vCPU has done since the last time pass, and what was charged. */
  #account(slot: Slot): void {
    const charged = this.#charged;
    this.#charged = 0;
    this.#pass(slot, slot.vcpu.retired, charged);
  }

  #pass(slot: Slot, retired: number, charged: number): void {
    const ticks = retired - slot.counted + charged;
    slot.counted = retired;
    slot.progress += ticks;
    this.#ticks += ticks;
    const ahead = slot.progress - this.#roundElapsed;
    if (ahead <= 0) return;
    this.#roundElapsed = slot.progress;
    this.#clock.retire(ahead);
  }
}

interface MutableEnvironment extends ExitEnvironment {
  hypercalls: readonly HypercallHook[];
  counters: readonly PerformanceCounter[];
}

interface ExitRow {
  readonly reason: VmExitReason;
  /** In the trace hash. */
  readonly number: number;
  readonly handler: ExitHandler;
  count: number;
}

const unknownExit: ExitHandler = (vcpu, exit, { shutdown }) => {
  shutdown({
    reason: "crash",
    cause: "unhandled-exit",
    vcpuId: vcpu.id,
    rip: vcpu.rip,
    text: `VM exit "${exit.reason}" at RIP 0x${vcpu.rip.toString(16)} is unknown to this domain`,
  });
  return "stop";
};

/** Part of every trace hash: numbers are never reused. */
const reasonNumbers: Readonly<Record<VmExitReason, number>> = {
  exception: 0,
  "external-interrupt-window": 7,
  "triple-fault": 2,
  "io-instruction": 30,
  "cr-access": 28,
  "mov-dr": 29,
  cpuid: 10,
  hlt: 12,
  rdmsr: 31,
  wrmsr: 32,
  rdpmc: 15,
  rdtsc: 16,
  rdtscp: 51,
  vmcall: 18,
  vmmcall: 0x81,
  monitor: 39,
  mwait: 36,
  invd: 13,
  wbinvd: 54,
  xsetbv: 55,
  pause: 40,
  "ept-violation": 48,
  budget: 0x100,
  stop: 0x101,
  unimplemented: 0x102,
};
