/**
 * The local APIC of one processor: local vector table, timer, priorities, interprocessor interrupts; xAPIC by memory, x2APIC by
 * MSR. The interrupt bus connects it with the others; the processor is a handful of callbacks.
 */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";
import {
  BROADCAST_X2,
  createInterruptBus,
  DeliveryMode,
  type InterruptBus,
  type LocalApicPort,
} from "../interrupt-bus.ts";
import { createRate } from "../rate.ts";

/** What a local APIC does to its processor beside the INTR pin. */
export interface LocalApicProcessor {
  nmi(): void;
  /** INIT: reset the processor and wait for STARTUP. */
  init(): void;
  /** STARTUP: begin at `vector << 12` in real mode, if waiting for it. */
  startup(vector: number): void;
}

export interface LocalApicOptions {
  /** APIC ID. Default 0. */
  readonly id?: number;
  /** The bootstrap processor: bit 8 of IA32_APIC_BASE. Default: `id` is 0. */
  readonly isBootstrap?: boolean;
  /** Default: a bus of its own. */
  readonly bus?: InterruptBus;
  /** Default: nobody. */
  readonly processor?: LocalApicProcessor;
  /** Frequency that the timer divides. Default 1 GHz. */
  readonly timerHz?: number;
  /** Virtual time at which the time-stamp counter reaches `tsc`; without it there is no TSC-deadline mode. */
  readonly nsOfTsc?: (tsc: bigint) => bigint;
  /** The acknowledge cycle of the 8259 pair, whose INTR is on LINT0. Default: vector 0. */
  readonly acknowledgeExternal?: () => number;
  /**
   * After RESET and INIT the bootstrap processor's APIC is as firmware leaves it: enabled, LINT0 external, LINT1 NMI (virtual
   * wire). For machines that start a kernel without firmware. Default false.
   */
  readonly virtualWire?: boolean;
}

export interface LocalApicState {
  readonly version: 1;
  readonly apicBase: bigint;
  readonly id: number;
  readonly taskPriority: number;
  readonly logicalDestination: number;
  readonly destinationFormat: number;
  readonly spurious: number;
  readonly inService: readonly number[];
  readonly triggerMode: readonly number[];
  readonly requests: readonly number[];
  readonly errorStatus: number;
  readonly errors: number;
  readonly commandLow: number;
  readonly commandHigh: number;
  /** Timer, thermal, performance, LINT0, LINT1, error. */
  readonly vectorTable: readonly number[];
  readonly pins: readonly [boolean, boolean];
  readonly externalLatched: boolean;
  readonly initialCount: number;
  readonly divide: number;
  readonly timerStartNs: number;
  readonly deadline: bigint;
}

export interface LocalApic extends Device<LocalApicState> {
  /** INTR: something that the processor should take when its interrupt flag allows. */
  readonly interruptPending: boolean;
  /** The acknowledge cycle: moves the interrupt into service and returns its vector; the spurious vector when there is none. */
  acknowledge(): number;
  /** Level of LINT0 (the 8259 pair's INTR) or LINT1 (NMI). */
  setPin(pin: 0 | 1, level: boolean): void;
  /** IA32_APIC_BASE (MSR 0x1b). */
  readonly apicBase: bigint;
  /** False: a reserved bit or a transition that raises #GP(0). */
  writeApicBase(value: bigint): boolean;
  /** Base address and whether memory accesses reach the registers: enabled, and not in x2APIC mode. */
  readonly baseAddress: number;
  readonly answersMemory: boolean;
  /** MSRs 0x800–0x8ff and 0x6e0 (IA32_TSC_DEADLINE). Undefined: #GP(0). */
  readMsr(index: number): bigint | undefined;
  /** False: #GP(0). */
  writeMsr(index: number, value: bigint): boolean;
  /** CR8, 0–15: the task priority class. */
  cr8: number;
  /** INIT: as RESET, but the ID and IA32_APIC_BASE stay. */
  initReset(): void;
}

const Register = {
  ID: 0x02,
  VERSION: 0x03,
  TPR: 0x08,
  APR: 0x09,
  PPR: 0x0a,
  EOI: 0x0b,
  RRD: 0x0c,
  LDR: 0x0d,
  DFR: 0x0e,
  SVR: 0x0f,
  ISR: 0x10,
  TMR: 0x18,
  IRR: 0x20,
  ESR: 0x28,
  ICR_LOW: 0x30,
  ICR_HIGH: 0x31,
  LVT_TIMER: 0x32,
  LVT_THERMAL: 0x33,
  LVT_PERFORMANCE: 0x34,
  LVT_LINT0: 0x35,
  LVT_LINT1: 0x36,
  LVT_ERROR: 0x37,
  INITIAL_COUNT: 0x38,
  CURRENT_COUNT: 0x39,
  DIVIDE: 0x3e,
  SELF_IPI: 0x3f,
} as const;

const BASE_BOOTSTRAP = 1n << 8n;
const BASE_X2APIC = 1n << 10n;
const BASE_ENABLE = 1n << 11n;
const BASE_ADDRESS = 0x000f_ffff_ffff_f000n;
const BASE_DEFAULT = 0xfee0_0000n;
const IA32_TSC_DEADLINE = 0x6e0;
const X2APIC_FIRST = 0x800;
const X2APIC_LAST = 0x8ff;

/** Version 0x14, six local vectors (index of the last: 5), EOI broadcast can be suppressed. */
const VERSION = 0x0105_0014;
const SVR_ENABLE = 1 << 8;
const SVR_SUPPRESS_EOI = 1 << 12;
const SVR_BITS = 0x13ff;
const DFR_FIXED = 0x0fff_ffff;
const MODEL_FLAT = 0xf;
const ESR_SEND_ILLEGAL = 1 << 5;
const ESR_RECEIVED_ILLEGAL = 1 << 6;
const ESR_ILLEGAL_REGISTER = 1 << 7;
const LVT_MASKED = 1 << 16;
const LVT_LEVEL = 1 << 15;
const LVT_REMOTE_IRR = 1 << 14;
const TIMER_PERIODIC = 1;
const TIMER_DEADLINE = 2;
/** The first vector that an APIC may deliver. */
const FIRST_VECTOR = 16;
const ICR_LOGICAL = 1 << 11;
const ICR_ASSERT = 1 << 14;
const ICR_LEVEL = 1 << 15;
const ICR_BITS = 0x000c_cfff;
/** Periods shorter than this are merged: the guest sees one interrupt, as it would if it were too slow for them. */
const SHORTEST_PERIOD_NS = 1000;

/** Index into the vector table, and the bits that can be written, by register number. */
const TIMER = 0;
const LINT0 = 3;
const LINT1 = 4;
const ERROR = 5;
const lvtWritable: readonly number[] = [0x7_00ff, 0x1_07ff, 0x1_07ff, 0x1_a7ff, 0x1_a7ff, 0x1_00ff];
const lvtAtReset: readonly number[] = lvtWritable.map(() => LVT_MASKED);

/** x2APIC MSRs by register number: what may be done with it (SDM table 11-6). */
const x2Access = new Map<number, "r" | "w" | "rw">([
  [Register.ID, "r"],
  [Register.VERSION, "r"],
  [Register.TPR, "rw"],
  [Register.PPR, "r"],
  [Register.EOI, "w"],
  [Register.LDR, "r"],
  [Register.SVR, "rw"],
  ...Array.from({ length: 24 }, (_, index): [number, "r"] => [Register.ISR + index, "r"]),
  [Register.ESR, "rw"],
  [Register.ICR_LOW, "rw"],
  ...Array.from({ length: 6 }, (_, index): [number, "rw"] => [Register.LVT_TIMER + index, "rw"]),
  [Register.INITIAL_COUNT, "rw"],
  [Register.CURRENT_COUNT, "r"],
  [Register.DIVIDE, "rw"],
  [Register.SELF_IPI, "w"],
]);
/** Bits that may be set in an x2APIC write; others raise #GP(0). */
const x2Writable = new Map<number, number>([
  [Register.TPR, 0xff],
  [Register.EOI, 0],
  [Register.SVR, SVR_BITS],
  [Register.ESR, 0],
  ...lvtWritable.map((bits, index): [number, number] => [Register.LVT_TIMER + index, bits | 0x1000 | LVT_REMOTE_IRR]),
  [Register.INITIAL_COUNT, 0xffff_ffff],
  [Register.DIVIDE, 0x0b],
  [Register.SELF_IPI, 0xff],
]);

const nobody: LocalApicProcessor = { nmi: () => undefined, init: () => undefined, startup: () => undefined };

export const localApic: DeviceModel<LocalApicOptions, LocalApic> = {
  name: "local-apic",
  ranges: [{ space: "memory", base: 0xfee0_0000, size: 0x1000 }],
  pins: ["intr"],
  sources: [
    "Intel SDM vol. 3 chapter 11: §11.4 local APIC, §11.5 local interrupts and timer, §11.6 IPIs, §11.8 priorities, §11.9 spurious",
    "Intel SDM vol. 3 §11.12 x2APIC: MSR addresses (table 11-6), state transitions (§11.12.5), logical IDs (§11.12.10)",
  ],
  create(environment, options = {}) {
    const bus = options.bus ?? createInterruptBus();
    const processor = options.processor ?? nobody;
    const rate = createRate(options.timerHz ?? 1_000_000_000);
    const { id: initialId = 0, nsOfTsc, virtualWire = false } = options;
    const isBootstrap = options.isBootstrap ?? initialId === 0;
    const baseAtReset = BASE_DEFAULT | BASE_ENABLE | (isBootstrap ? BASE_BOOTSTRAP : 0n);

    let apicBase = baseAtReset;
    let id = initialId;
    let taskPriority = 0;
    let logicalDestination = 0;
    let destinationFormat = 0xffff_ffff;
    let spurious = 0xff;
    const inService = new Uint32Array(8);
    const triggerMode = new Uint32Array(8);
    const requests = new Uint32Array(8);
    let errorStatus = 0;
    let errors = 0;
    let commandLow = 0;
    let commandHigh = 0;
    const vectorTable = Uint32Array.from(lvtAtReset);
    const pins: [boolean, boolean] = [false, false];
    let externalLatched = false;
    let initialCount = 0;
    let divide = 0;
    /** Time at which the present count began. */
    let timerStartNs = 0;
    let deadline = 0n;
    let line = false;

    const isX2 = (): boolean => (apicBase & BASE_X2APIC) !== 0n;
    const isOn = (): boolean => (apicBase & BASE_ENABLE) !== 0n;
    const isSoftwareEnabled = (): boolean => isOn() && (spurious & SVR_ENABLE) !== 0;
    const nowNs = (): number => Number(environment.nowNs());
    const lvt = (index: number): number => vectorTable[index] as number;

    // Priorities (§11.8.3).
    const processorPriority = (): number => {
      const served = highest(inService);
      const servedClass = served < 0 ? 0 : served & 0xf0;
      return (taskPriority & 0xf0) >= servedClass ? taskPriority : servedClass;
    };
    const deliverable = (): number => {
      if (!isSoftwareEnabled()) return -1;
      const vector = highest(requests);
      return vector >= 0 && vector >> 4 > processorPriority() >> 4 ? vector : -1;
    };
    const isExternalPending = (): boolean => {
      if (!isOn()) return pins[0];
      if (externalLatched) return true;
      const entry = lvt(LINT0);
      return pins[0] && (entry & LVT_MASKED) === 0 && modeOf(entry) === DeliveryMode.EXTINT;
    };
    const update = (): void => {
      const level = isExternalPending() || deliverable() >= 0;
      if (level === line) return;
      line = level;
      environment.setLine("intr", level);
    };

    const raiseError = (bit: number): void => {
      errors |= bit;
      const entry = lvt(ERROR);
      // An error vector that is illegal itself must not raise errors without end.
      if ((entry & LVT_MASKED) === 0 && (entry & 0xff) >= FIRST_VECTOR) request(entry & 0xff, false);
    };
    const request = (vector: number, level: boolean): void => {
      if (vector < FIRST_VECTOR) {
        raiseError(ESR_RECEIVED_ILLEGAL);
        return;
      }
      setBit(requests, vector, true);
      setBit(triggerMode, vector, level);
    };
    const deliver = (mode: number, vector: number, level: boolean): void => {
      if (!isOn()) return;
      if (mode === DeliveryMode.NMI) processor.nmi();
      else if (mode === DeliveryMode.INIT) {
        initReset();
        processor.init();
      } else if (mode === DeliveryMode.STARTUP) processor.startup(vector);
      else if (isSoftwareEnabled()) {
        if (mode === DeliveryMode.FIXED || mode === DeliveryMode.LOWEST_PRIORITY) request(vector, level);
        else if (mode === DeliveryMode.EXTINT) externalLatched = true;
      }
      update();
    };
    const port: LocalApicPort = {
      matchesPhysical: (destination) => isOn() && destination === id,
      matchesLogical(destination) {
        if (!isOn()) return false;
        if (isX2()) {
          const own = logicalX2(id);
          return destination >>> 16 === own >>> 16 && (destination & own & 0xffff) !== 0;
        }
        const own = logicalDestination >>> 24;
        if (destinationFormat >>> 28 === MODEL_FLAT) return (destination & own) !== 0;
        const cluster = destination >>> 4;
        return (cluster === 0xf || cluster === own >>> 4) && (destination & own & 0xf) !== 0;
      },
      get isEnabled() {
        return isSoftwareEnabled();
      },
      get processorPriority() {
        return processorPriority();
      },
      deliver,
    };
    bus.addLocalApic(port);

    // The timer (§11.5.4).
    const timerMode = (): number => (lvt(TIMER) >>> 17) & 3;
    const shift = (): number => (((divide & 3) | ((divide >> 1) & 4)) + 1) & 7;
    const periodNs = (): number => rate.ns(initialCount * 2 ** shift());
    const ticksSince = (startNs: number): number => Math.floor(rate.ticks(nowNs() - startNs) / 2 ** shift());
    const currentCount = (): number => {
      if (initialCount === 0 || timerMode() === TIMER_DEADLINE) return 0;
      const elapsed = ticksSince(timerStartNs);
      if (timerMode() === TIMER_PERIODIC) return initialCount - (elapsed % initialCount);
      return elapsed < initialCount ? initialCount - elapsed : 0;
    };
    /** Arms for the next expiry; nobody is woken for a masked timer. */
    const scheduleTimer = (): void => {
      const isMasked = (lvt(TIMER) & LVT_MASKED) !== 0;
      if (timerMode() === TIMER_DEADLINE) {
        if (isMasked || deadline === 0n || nsOfTsc === undefined) timer.disarm();
        else timer.arm(nsOfTsc(deadline));
        return;
      }
      if (isMasked || initialCount === 0) {
        timer.disarm();
        return;
      }
      const now = nowNs();
      let at = timerStartNs + periodNs();
      if (timerMode() === TIMER_PERIODIC && at < now + SHORTEST_PERIOD_NS) {
        const period = initialCount * 2 ** shift();
        const next = Math.floor(rate.ticks(now - timerStartNs) / period) + 1;
        const soonest = Math.ceil(rate.ticks(now + SHORTEST_PERIOD_NS - timerStartNs) / period);
        at = timerStartNs + rate.ns(Math.max(next, soonest) * period);
      }
      if (at > now) timer.arm(BigInt(at));
      else timer.disarm();
    };
    const timer = environment.createTimer("timer", (atNs) => {
      const entry = lvt(TIMER);
      deadline = 0n;
      if (timerMode() === TIMER_PERIODIC && initialCount !== 0) {
        const period = initialCount * 2 ** shift();
        const periods = Math.floor(rate.ticks(Number(atNs) - timerStartNs) / period);
        timerStartNs += rate.ns(periods * period);
        scheduleTimer();
      }
      if ((entry & LVT_MASKED) === 0) deliver(DeliveryMode.FIXED, entry & 0xff, false);
    });

    const pulseLocal = (index: 3 | 4): void => {
      const entry = lvt(index);
      if (!isOn()) {
        if (index === LINT1) processor.nmi();
        return;
      }
      if ((entry & LVT_MASKED) !== 0) return;
      const mode = modeOf(entry);
      if (mode !== DeliveryMode.FIXED) {
        if (mode === DeliveryMode.NMI || mode === DeliveryMode.INIT) deliver(mode, 0, false);
        return;
      }
      const isLevel = (entry & LVT_LEVEL) !== 0;
      if (isLevel && (entry & LVT_REMOTE_IRR) !== 0) return;
      if (isLevel && isSoftwareEnabled()) vectorTable[index] = entry | LVT_REMOTE_IRR;
      deliver(DeliveryMode.FIXED, entry & 0xff, isLevel);
    };

    const endOfInterrupt = (): void => {
      const vector = highest(inService);
      if (vector < 0) return;
      setBit(inService, vector, false);
      const wasLevel = testBit(triggerMode, vector);
      if (wasLevel) {
        for (const index of [LINT0, LINT1] as const) {
          if ((lvt(index) & LVT_REMOTE_IRR) === 0 || (lvt(index) & 0xff) !== vector) continue;
          vectorTable[index] = lvt(index) & ~LVT_REMOTE_IRR;
          if (pins[index - LINT0]) pulseLocal(index);
        }
      }
      update();
      if (wasLevel && (spurious & SVR_SUPPRESS_EOI) === 0) bus.endOfInterrupt(vector);
    };

    /** Sends what the command register says (§11.6.1). */
    const sendCommand = (low: number, destination: number): void => {
      const mode = (low >>> 8) & 7;
      const vector = low & 0xff;
      const shorthand = (low >>> 18) & 3;
      const level = (low & ICR_LEVEL) !== 0;
      const isFixed = mode === DeliveryMode.FIXED || mode === DeliveryMode.LOWEST_PRIORITY;
      // INIT level de-assert only synchronised arbitration IDs, on processors long gone.
      if (mode === DeliveryMode.INIT && level && (low & ICR_ASSERT) === 0) return;
      if (mode === DeliveryMode.SMI || mode === DeliveryMode.EXTINT || mode === 3) return;
      if (isFixed && vector < FIRST_VECTOR) {
        raiseError(ESR_SEND_ILLEGAL);
        update();
        return;
      }
      // Interprocessor interrupts are edge-triggered, whatever bit 15 says.
      if (shorthand === 1) {
        if (isFixed) deliver(DeliveryMode.FIXED, vector, false);
      } else if (shorthand === 0) {
        bus.send(mode, vector, false, destination, (low & ICR_LOGICAL) !== 0);
      } else {
        // "All including self" goes with fixed interrupts only; the others never hit their sender.
        const except = shorthand === 3 || !isFixed ? port : undefined;
        bus.send(mode, vector, false, BROADCAST_X2, false, except);
      }
    };

    const readRegister = (register: number): number => {
      if (register >= Register.ISR && register < Register.ESR) {
        const words = register < Register.TMR ? inService : register < Register.IRR ? triggerMode : requests;
        return words[register & 7] as number;
      }
      if (register >= Register.LVT_TIMER && register <= Register.LVT_ERROR) {
        return lvt(register - Register.LVT_TIMER);
      }
      const reader = readers[register];
      if (reader !== undefined) return reader();
      raiseError(ESR_ILLEGAL_REGISTER);
      update();
      return 0;
    };
    const readers: Readonly<Record<number, () => number>> = {
      [Register.ID]: () => (isX2() ? id >>> 0 : (id << 24) >>> 0),
      [Register.VERSION]: () => VERSION,
      [Register.TPR]: () => taskPriority,
      [Register.APR]: () => 0,
      [Register.PPR]: processorPriority,
      [Register.EOI]: () => 0,
      [Register.RRD]: () => 0,
      [Register.LDR]: () => (isX2() ? logicalX2(id) : logicalDestination),
      [Register.DFR]: () => destinationFormat,
      [Register.SVR]: () => spurious,
      [Register.ESR]: () => errorStatus,
      [Register.ICR_LOW]: () => commandLow,
      [Register.ICR_HIGH]: () => commandHigh,
      [Register.INITIAL_COUNT]: () => initialCount,
      [Register.CURRENT_COUNT]: currentCount,
      [Register.DIVIDE]: () => divide,
    };

    const writeVector = (index: number, value: number): void => {
      const before = lvt(index);
      let entry = (value & (lvtWritable[index] as number)) | (before & LVT_REMOTE_IRR);
      if ((spurious & SVR_ENABLE) === 0) entry |= LVT_MASKED;
      if (index === TIMER) {
        const wasDeadline = timerMode() === TIMER_DEADLINE;
        // Mode 3 is reserved, and mode 2 without a time-stamp counter likewise: both are one-shot here.
        const mode = (entry >>> 17) & 3;
        if (mode === 3 || (mode === TIMER_DEADLINE && nsOfTsc === undefined)) entry &= ~(3 << 17);
        vectorTable[index] = entry;
        if (wasDeadline !== (timerMode() === TIMER_DEADLINE)) {
          initialCount = 0;
          deadline = 0n;
        }
        scheduleTimer();
        return;
      }
      if ((entry & LVT_LEVEL) === 0 || modeOf(entry) !== DeliveryMode.FIXED) entry &= ~LVT_REMOTE_IRR;
      vectorTable[index] = entry;
      const isNewLevel = (entry & (LVT_LEVEL | LVT_MASKED)) === LVT_LEVEL && modeOf(entry) === DeliveryMode.FIXED;
      if ((index === LINT0 || index === LINT1) && isNewLevel && pins[index - LINT0]) pulseLocal(index);
    };
    const writers: Readonly<Record<number, (value: number) => void>> = {
      [Register.ID]: (value) => {
        id = value >>> 24;
      },
      [Register.TPR]: (value) => {
        taskPriority = value & 0xff;
      },
      [Register.EOI]: endOfInterrupt,
      [Register.LDR]: (value) => {
        logicalDestination = (value & 0xff00_0000) >>> 0;
      },
      [Register.DFR]: (value) => {
        destinationFormat = (value | DFR_FIXED) >>> 0;
      },
      [Register.SVR]: (value) => {
        spurious = value & SVR_BITS;
        if ((spurious & SVR_ENABLE) !== 0) return;
        for (let index = 0; index < vectorTable.length; index++) vectorTable[index] = lvt(index) | LVT_MASKED;
        scheduleTimer();
      },
      // Any write shows the errors since the last one and begins anew.
      [Register.ESR]: () => {
        errorStatus = errors;
        errors = 0;
      },
      [Register.ICR_LOW]: (value) => {
        commandLow = value & ICR_BITS;
        sendCommand(commandLow, commandHigh >>> 24);
      },
      [Register.ICR_HIGH]: (value) => {
        commandHigh = (value & 0xff00_0000) >>> 0;
      },
      [Register.INITIAL_COUNT]: (value) => {
        if (timerMode() === TIMER_DEADLINE) return;
        initialCount = value >>> 0;
        timerStartNs = nowNs();
        scheduleTimer();
      },
      [Register.DIVIDE]: (value) => {
        const left = currentCount();
        divide = value & 0x0b;
        if (initialCount !== 0) timerStartNs = nowNs() - rate.ns((initialCount - left) * 2 ** shift());
        scheduleTimer();
      },
      [Register.SELF_IPI]: (value) => sendCommand((1 << 18) | (value & 0xff), 0),
    };
    const readOnly = new Set<number>([
      Register.VERSION,
      Register.APR,
      Register.PPR,
      Register.RRD,
      Register.CURRENT_COUNT,
    ]);
    const writeRegister = (register: number, value: number): void => {
      if (register >= Register.LVT_TIMER && register <= Register.LVT_ERROR) {
        writeVector(register - Register.LVT_TIMER, value);
      } else {
        const writer = writers[register];
        const isBitmap = register >= Register.ISR && register < Register.ESR;
        if (writer !== undefined && (register !== Register.SELF_IPI || isX2())) writer(value);
        else if (!readOnly.has(register) && !isBitmap) raiseError(ESR_ILLEGAL_REGISTER);
      }
      update();
    };

    const clear = (): void => {
      taskPriority = 0;
      logicalDestination = 0;
      destinationFormat = 0xffff_ffff;
      spurious = 0xff;
      for (const words of [inService, triggerMode, requests]) words.fill(0);
      errorStatus = 0;
      errors = 0;
      commandLow = 0;
      commandHigh = 0;
      vectorTable.set(lvtAtReset);
      externalLatched = false;
      initialCount = 0;
      divide = 0;
      timerStartNs = 0;
      deadline = 0n;
      if (virtualWire && isBootstrap) {
        spurious = 0xff | SVR_ENABLE;
        vectorTable[LINT0] = DeliveryMode.EXTINT << 8;
        vectorTable[LINT1] = DeliveryMode.NMI << 8;
      }
      timer.disarm();
    };
    const initReset = (): void => {
      clear();
      update();
    };

    clear();
    return {
      get interruptPending() {
        return line;
      },
      acknowledge() {
        let vector = spurious & 0xff;
        if (isExternalPending()) {
          externalLatched = false;
          vector = options.acknowledgeExternal?.() ?? 0;
        } else {
          const pending = deliverable();
          if (pending >= 0) {
            setBit(requests, pending, false);
            setBit(inService, pending, true);
            vector = pending;
          }
        }
        update();
        return vector & 0xff;
      },
      setPin(pin, level) {
        const rises = level && !pins[pin];
        pins[pin] = level;
        if (rises) pulseLocal(pin === 0 ? LINT0 : LINT1);
        update();
      },
      get apicBase() {
        return apicBase;
      },
      writeApicBase(value) {
        if ((value & ~(BASE_ADDRESS | BASE_ENABLE | BASE_X2APIC | BASE_BOOTSTRAP)) !== 0n) return false;
        const enable = (value & BASE_ENABLE) !== 0n;
        const x2 = (value & BASE_X2APIC) !== 0n;
        if (x2 && (!enable || !isOn())) return false;
        if (enable && !x2 && isX2()) return false;
        const wasOn = isOn();
        const entersX2 = x2 && !isX2();
        apicBase = value;
        if (wasOn && !enable) clear();
        if (wasOn !== enable) id = initialId;
        if (entersX2) {
          // The x2APIC ID is wired, whatever a guest has made of the other; the high half of the ICR starts at zero.
          id = initialId;
          commandHigh = 0;
        }
        update();
        return true;
      },
      get baseAddress() {
        return Number(apicBase & BASE_ADDRESS);
      },
      get answersMemory() {
        return isOn() && !isX2();
      },
      readMsr(index) {
        if (index === IA32_TSC_DEADLINE) return nsOfTsc === undefined ? undefined : deadline;
        if (!isX2() || index < X2APIC_FIRST || index > X2APIC_LAST) return undefined;
        const register = index - X2APIC_FIRST;
        const access = x2Access.get(register);
        if (access === undefined || access === "w") return undefined;
        const low = BigInt(readRegister(register));
        return register === Register.ICR_LOW ? (BigInt(commandHigh) << 32n) | low : low;
      },
      writeMsr(index, value) {
        if (index === IA32_TSC_DEADLINE) {
          if (nsOfTsc === undefined) return false;
          if (timerMode() !== TIMER_DEADLINE) return true;
          deadline = value;
          scheduleTimer();
          return true;
        }
        if (!isX2() || index < X2APIC_FIRST || index > X2APIC_LAST) return false;
        const register = index - X2APIC_FIRST;
        const access = x2Access.get(register);
        if (access === undefined || access === "r") return false;
        if (register === Register.ICR_LOW) {
          const low = Number(value & 0xffff_ffffn);
          if ((low & ~ICR_BITS) !== 0) return false;
          commandLow = low;
          commandHigh = Number(value >> 32n);
          sendCommand(commandLow, commandHigh);
          update();
          return true;
        }
        if (value >> 32n !== 0n) return false;
        const low = Number(value);
        if ((low & ~(x2Writable.get(register) ?? 0)) !== 0) return false;
        writeRegister(register, low);
        return true;
      },
      get cr8() {
        return taskPriority >> 4;
      },
      set cr8(value) {
        taskPriority = (value & 0xf) << 4;
        update();
      },
      initReset,
      read(offset, size) {
        if (isX2() || !isOn()) return undefined;
        // Registers are 32 bits at multiples of 16; narrower reads see their part, the gaps read as zero.
        const inRegister = offset & 15;
        if (inRegister + size > 4) return 0;
        const value = readRegister(offset >> 4);
        return Math.floor(value / 2 ** (inRegister * 8)) % 2 ** (size * 8);
      },
      write(offset, size, value) {
        if (isX2() || !isOn()) return false;
        if (size === 4 && (offset & 15) === 0) writeRegister(offset >> 4, value);
        return true;
      },
      reset() {
        apicBase = baseAtReset;
        id = initialId;
        initReset();
      },
      save: () => ({
        version: 1,
        ...{ apicBase, id, taskPriority, logicalDestination, destinationFormat, spurious },
        inService: [...inService],
        triggerMode: [...triggerMode],
        requests: [...requests],
        ...{ errorStatus, errors, commandLow, commandHigh },
        vectorTable: [...vectorTable],
        pins: [...pins],
        ...{ externalLatched, initialCount, divide, timerStartNs, deadline },
      }),
      load(state) {
        checkVersion("local-apic", state, 1);
        ({ apicBase, id, taskPriority, logicalDestination, destinationFormat, spurious } = state);
        inService.set(state.inService);
        triggerMode.set(state.triggerMode);
        requests.set(state.requests);
        ({ errorStatus, errors, commandLow, commandHigh } = state);
        vectorTable.set(state.vectorTable);
        [pins[0], pins[1]] = state.pins;
        ({ externalLatched, initialCount, divide, timerStartNs, deadline } = state);
        scheduleTimer();
        update();
      },
    };
  },
};

const modeOf = (entry: number): number => (entry >>> 8) & 7;
/** Cluster in the upper half, one bit of sixteen in the lower. */
const logicalX2 = (id: number): number => (((id >>> 4) << 16) | (1 << (id & 15))) >>> 0;

/** The highest vector whose bit is set, -1 for none. */
function highest(words: Uint32Array): number {
  for (let index = 7; index >= 0; index--) {
    const word = words[index] as number;
    if (word !== 0) return index * 32 + 31 - Math.clz32(word);
  }
  return -1;
}

function setBit(words: Uint32Array, vector: number, value: boolean): void {
  const bit = 1 << (vector & 31);
  const word = words[vector >> 5] as number;
  words[vector >> 5] = value ? word | bit : word & ~bit;
}

const testBit = (words: Uint32Array, vector: number): boolean =>
  ((words[vector >> 5] as number) & (1 << (vector & 31))) !== 0;
