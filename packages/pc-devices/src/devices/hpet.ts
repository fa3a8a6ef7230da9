/** The high precision event timer: a 64-bit counter at 100 MHz, three comparators, all of them periodic. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";

interface TimerState {
  /** Bits that can be written, and the route. */
  readonly config: number;
  /** The comparator; in periodic mode the accumulator. */
  readonly comparator: bigint;
  readonly period: bigint;
  /** Matches up to this counter value have been dealt with. */
  readonly since: bigint;
  /** An edge-triggered output stays up until the next one, so that an 8259 sees it. */
  readonly held: boolean;
}

export interface HpetState {
  readonly version: 1;
  readonly config: number;
  readonly status: number;
  /** Value of the counter at `startNs`, or for good while it is halted. */
  readonly counter: bigint;
  readonly startNs: number;
  readonly timers: readonly TimerState[];
  /** The comparator whose low half was just set as accumulator: the high half goes with it. -1 for none. */
  readonly paired: number;
  /** Levels of the timer's and the RTC's outputs. */
  readonly inputs: readonly [boolean, boolean];
}

export interface Hpet extends Device<HpetState> {
  /**
   * The output of the 8254 (interrupt 0) or the RTC (interrupt 8): it comes out at `irq0` or `irq8`, unless legacy replacement puts
   * the HPET's own in its place.
   */
  setInput(irq: 0 | 8, level: boolean): void;
}

/** 10 ns. */
export const HPET_PERIOD_FS = 10_000_000;
export const HPET_TIMERS = 3;
const NS_PER_TICK = 10;
/** I/O APIC pins that comparators can be routed to. */
const ROUTES: readonly number[] = [20, 21, 22, 23];
const ROUTE_CAPABILITY = 0x00f0_0000;

/** Revision 1, three timers, 64 bits, legacy replacement, vendor. */
const CAPABILITIES = 0x8086_a201;
const CONFIG_ENABLE = 1 << 0;
const CONFIG_LEGACY = 1 << 1;
const TIMER_LEVEL = 1 << 1;
const TIMER_INTERRUPT = 1 << 2;
const TIMER_PERIODIC = 1 << 3;
const TIMER_CAPABILITIES = (1 << 4) | (1 << 5);
const TIMER_SET_VALUE = 1 << 6;
const TIMER_32 = 1 << 8;
const TIMER_ROUTE_SHIFT = 9;
const TIMER_ROUTE = 0x1f << TIMER_ROUTE_SHIFT;
const TIMER_WRITABLE = TIMER_LEVEL | TIMER_INTERRUPT | TIMER_PERIODIC | TIMER_SET_VALUE | TIMER_32;

const GENERAL_CONFIG = 0x010;
const GENERAL_STATUS = 0x020;
const MAIN_COUNTER = 0x0f0;
const FIRST_TIMER = 0x100;
const TIMER_STRIDE = 0x20;

const TWO_32 = 2 ** 32;
const ALL = (1n << 64n) - 1n;
/** Periodic matches closer than this are merged. */
const SHORTEST_PERIOD_NS = 1000;
/** Alarms farther away than this many ticks (three years) are not armed. */
const FARTHEST = 1n << 53n;

type Timer = { -readonly [K in keyof TimerState]: TimerState[K] };

const timerAtReset = (): Timer => ({ config: 0, comparator: ALL, period: ALL, since: 0n, held: false });

export const hpet: DeviceModel<undefined, Hpet> = {
  name: "hpet",
  ranges: [{ space: "memory", base: 0xfed0_0000, size: 0x400 }],
  pins: ["irq0", "irq8", ...ROUTES.map((route) => `gsi${route}`)],
  sources: [
    "IA-PC HPET specification 1.0a (2004) §2.3 register model, §2.3.8 timer configuration, §2.3.9.2 modes of operation",
    "IA-PC HPET specification 1.0a §2.3.5 legacy replacement",
  ],
  create(environment) {
    let config = 0;
    let status = 0;
    let counterLow = 0;
    let counterHigh = 0;
    let startNs = 0;
    let timers: Timer[] = [];
    let paired = -1;
    let lines = new Set<string>();
    let inputs: [boolean, boolean] = [false, false];

    const nowNs = (): number => Number(environment.nowNs());
    const isRunning = (): boolean => (config & CONFIG_ENABLE) !== 0;
    /** Ticks since `startNs` on top of the low half: reading allocates nothing. */
    const sum = (): number => counterLow + (isRunning() ? Math.floor((nowNs() - startNs) / NS_PER_TICK) : 0);
    const readCounter = (high: boolean): number =>
      high ? (counterHigh + Math.floor(sum() / TWO_32)) % TWO_32 : sum() % TWO_32;
    const counter = (): bigint => (BigInt(readCounter(true)) << 32n) | BigInt(readCounter(false));
    const setCounter = (value: bigint): void => {
      counterLow = Number(value & 0xffff_ffffn);
      counterHigh = Number((value >> 32n) & 0xffff_ffffn);
      startNs = nowNs();
    };

    const widthOf = ({ config: bits }: Timer): number => ((bits & TIMER_32) !== 0 ? 32 : 64);
    const ticksTo = (timer: Timer): bigint => BigInt.asUintN(widthOf(timer), timer.comparator - timer.since - 1n) + 1n;
    /** Deals with the matches up to now; true if there was one. */
    const catchUp = (timer: Timer): boolean => {
      const now = counter();
      const elapsed = BigInt.asUintN(64, now - timer.since);
      const first = ticksTo(timer);
      const matched = first <= elapsed;
      if (matched && (timer.config & TIMER_PERIODIC) !== 0 && timer.period !== 0n) {
        const periods = (elapsed - first) / timer.period + 1n;
        timer.comparator = BigInt.asUintN(widthOf(timer), timer.comparator + periods * timer.period);
      }
      timer.since = now;
      return matched;
    };

    const pinOf = (index: number, { config: bits }: Timer): string => {
      if ((config & CONFIG_LEGACY) !== 0 && index < 2) return index === 0 ? "irq0" : "irq8";
      return `gsi${(bits & TIMER_ROUTE) >> TIMER_ROUTE_SHIFT}`;
    };
    const drive = (): void => {
      const next = new Set<string>();
      if ((config & CONFIG_LEGACY) === 0) {
        if (inputs[0]) next.add("irq0");
        if (inputs[1]) next.add("irq8");
      }
      timers.forEach((timer, index) => {
        const isLevel = (timer.config & TIMER_LEVEL) !== 0;
        const isActive = isLevel ? (status & (1 << index)) !== 0 : timer.held;
        if (isActive && (timer.config & TIMER_INTERRUPT) !== 0) next.add(pinOf(index, timer));
      });
      const before = lines;
      lines = next;
      for (const pin of hpet.pins) {
        if (before.has(pin) !== next.has(pin)) environment.setLine(pin, next.has(pin));
      }
    };
    const fire = (index: number, timer: Timer): void => {
      if ((timer.config & TIMER_LEVEL) !== 0) status |= 1 << index;
      else if ((timer.config & TIMER_INTERRUPT) !== 0) {
        timer.held = false;
        drive();
        timer.held = true;
      }
      drive();
    };
    const alarms = Array.from({ length: HPET_TIMERS }, (_, index) =>
      environment.createTimer(`comparator-${index}`, () => {
        const timer = timers[index] as Timer;
        if (catchUp(timer)) fire(index, timer);
        schedule(index);
      }),
    );
    const schedule = (index: number): void => {
      const timer = timers[index] as Timer;
      // Nobody notices a match of a timer that neither interrupts nor leaves a status bit; it is made up for later.
      const isNoticed = (timer.config & (TIMER_INTERRUPT | TIMER_LEVEL)) !== 0;
      const ticks = isRunning() && isNoticed ? ticksTo(timer) : FARTHEST;
      if (ticks >= FARTHEST) {
        alarms[index]?.disarm();
        return;
      }
      const left = Number(ticks - BigInt.asUintN(64, counter() - timer.since));
      const now = nowNs();
      const phase = (now - startNs) % NS_PER_TICK;
      const wait = left * NS_PER_TICK - phase;
      const isPeriodic = (timer.config & TIMER_PERIODIC) !== 0;
      alarms[index]?.arm(BigInt(now + Math.max(wait, isPeriodic ? SHORTEST_PERIOD_NS : 0)));
    };
    const scheduleAll = (): void => {
      for (let index = 0; index < HPET_TIMERS; index++) schedule(index);
    };
    /** Before anything changes that matches depend on. */
    const settle = (): void => {
      timers.forEach((timer, index) => {
        if (isRunning() && catchUp(timer)) fire(index, timer);
      });
    };

    const readTimer = (index: number, register: number): number => {
      const timer = timers[index];
      if (timer === undefined) return 0;
      if (register === 0x00) return timer.config | TIMER_CAPABILITIES;
      if (register === 0x04) return ROUTE_CAPABILITY;
      if (register !== 0x08 && register !== 0x0c) return 0;
      if (isRunning() && (timer.config & TIMER_PERIODIC) !== 0) settle();
      return Number((timer.comparator >> (register === 0x08 ? 0n : 32n)) & 0xffff_ffffn);
    };
    const readRegister = (register: number): number => {
      if (register >= FIRST_TIMER) {
        return readTimer(Math.floor((register - FIRST_TIMER) / TIMER_STRIDE), register & (TIMER_STRIDE - 1));
      }
      if (register === 0) return CAPABILITIES;
      if (register === 4) return HPET_PERIOD_FS;
      if (register === GENERAL_CONFIG) return config;
      if (register === GENERAL_STATUS) return status;
      if (register === MAIN_COUNTER) return readCounter(false);
      if (register === MAIN_COUNTER + 4) return readCounter(true);
      return 0;
    };

    const writeComparator = (index: number, timer: Timer, high: boolean, value: number): void => {
      const half = (old: bigint): bigint =>
        high ? (old & 0xffff_ffffn) | (BigInt(value) << 32n) : (old & ~0xffff_ffffn) | BigInt(value);
      const isPeriodic = (timer.config & TIMER_PERIODIC) !== 0;
      const setsValue = (timer.config & TIMER_SET_VALUE) !== 0 || (high && paired === index);
      timer.config &= ~TIMER_SET_VALUE;
      if (!isPeriodic || setsValue) timer.comparator = half(timer.comparator);
      timer.period = half(timer.period);
      if ((timer.config & TIMER_32) !== 0) {
        timer.comparator &= 0xffff_ffffn;
        timer.period &= 0xffff_ffffn;
      }
      // A comparator set to the present value matches at once.
      timer.since = BigInt.asUintN(64, counter() - 1n);
      paired = !high && setsValue ? index : -1;
    };
    const writeTimer = (index: number, register: number, value: number): void => {
      const timer = timers[index];
      if (timer === undefined) return;
      settle();
      const lastPaired = paired;
      paired = -1;
      if (register === 0x00) {
        const route = (value & TIMER_ROUTE) >> TIMER_ROUTE_SHIFT;
        const kept = route === 0 || ROUTES.includes(route) ? value & TIMER_ROUTE : timer.config & TIMER_ROUTE;
        timer.config = (value & TIMER_WRITABLE) | kept;
        if ((timer.config & TIMER_32) !== 0) {
          timer.comparator &= 0xffff_ffffn;
          timer.period &= 0xffff_ffffn;
        }
        if ((timer.config & TIMER_LEVEL) !== 0 || (timer.config & TIMER_INTERRUPT) === 0) timer.held = false;
        if ((timer.config & TIMER_LEVEL) === 0) status &= ~(1 << index);
      } else if (register === 0x08 || register === 0x0c) {
        paired = lastPaired;
        writeComparator(index, timer, register === 0x0c, value);
      }
      schedule(index);
      drive();
    };
    const writeRegister = (register: number, value: number): void => {
      if (register >= FIRST_TIMER) {
        writeTimer(Math.floor((register - FIRST_TIMER) / TIMER_STRIDE), register & (TIMER_STRIDE - 1), value);
        return;
      }
      paired = -1;
      if (register === GENERAL_STATUS) {
        settle();
        status &= ~value;
        drive();
      } else if (register === GENERAL_CONFIG) {
        settle();
        const present = counter();
        config = value & (CONFIG_ENABLE | CONFIG_LEGACY);
        setCounter(present);
        scheduleAll();
        drive();
      } else if (register === MAIN_COUNTER || register === MAIN_COUNTER + 4) {
        settle();
        const present = counter();
        setCounter(
          register === MAIN_COUNTER
            ? (present & ~0xffff_ffffn) | BigInt(value)
            : (present & 0xffff_ffffn) | (BigInt(value) << 32n),
        );
        for (const timer of timers) timer.since = BigInt.asUintN(64, counter() - 1n);
        scheduleAll();
      }
    };
    const clear = (): void => {
      config = 0;
      status = 0;
      setCounter(0n);
      timers = Array.from({ length: HPET_TIMERS }, timerAtReset);
      paired = -1;
      scheduleAll();
      drive();
    };

    clear();
    return {
      setInput(irq, level) {
        inputs[irq === 0 ? 0 : 1] = level;
        drive();
      },
      read(offset, size) {
        const value = readRegister(offset & ~3);
        return Math.floor((value >>> 0) / 2 ** ((offset & 3) * 8)) % 2 ** (size * 8);
      },
      write(offset, size, value) {
        // §2.2: 32 and 64 bits at their boundaries only.
        if (size === 4 && (offset & 3) === 0) writeRegister(offset, value >>> 0);
        return true;
      },
      reset: clear,
      save: () => ({
        version: 1,
        ...{ config, status, startNs, paired },
        counter: (BigInt(counterHigh) << 32n) | BigInt(counterLow),
        timers: timers.map((timer) => ({ ...timer })),
        inputs: [...inputs],
      }),
      load(state) {
        checkVersion("hpet", state, 1);
        ({ config, status, paired } = state);
        setCounter(state.counter);
        startNs = state.startNs;
        inputs = [...state.inputs];
        timers = state.timers.map((timer) => ({ ...timer }));
        scheduleAll();
        drive();
      },
    };
  },
};
