/**
 * Virtual time of one simulated machine. It moves only when somebody says how many instructions have retired, or how long
 * the machine idled, so the same run has the same times on every host.
 */
import { SimClockError } from "./errors.ts";

export interface SimClockOptions {
  /** Virtual speed: instructions per virtual second, an integer from 1 to 10^12. Default 10^9, so one instruction is one ns. */
  readonly instructionsPerSecond?: number;
  /** Wall-clock time at virtual time zero, ns since 1970-01-01 UTC. Default 0: a fixed date, because the host's is an input. */
  readonly unixTimeNs?: bigint;
}

/** A timer somebody owns: created once under a unique name (the name is how a restored state finds it), armed many times. */
export interface Alarm {
  readonly name: string;
  /** When it fires, undefined while disarmed. */
  readonly atNs: bigint | undefined;
  /**
   * Arms, or moves. A time not in the future fires at the next movement of the clock; from inside a callback it fires one
   * ns later, so that no callback can hold time still.
   */
  arm(atNs: bigint): void;
  disarm(): void;
  /** Disarms and gives the name back. */
  remove(): void;
}

export interface SimClockState {
  readonly version: 1;
  readonly instructionsPerSecond: number;
  readonly unixTimeNs: bigint;
  readonly nowNs: bigint;
  /** Instructions' worth of time not yet a whole ns, in units of 1/instructionsPerSecond ns. */
  readonly remainder: bigint;
  /** Armed alarms in the order in which they would fire if all were due now. */
  readonly alarms: readonly { readonly name: string; readonly atNs: bigint }[];
}

export interface SimClock {
  readonly instructionsPerSecond: number;
  /** Virtual time since power-on; never runs backwards. Inside an alarm's callback: the time the alarm was set to. */
  nowNs(): bigint;
  /** `unixTimeNs` of the options plus `nowNs()`. */
  unixTimeNs(): bigint;
  /** Lets the time of `count` instructions pass, firing what is due. No rounding error accumulates. */
  retire(count: number): void;
  /** Jumps (an idle processor), firing what is due on the way; a time in the past only fires what is due now. */
  advanceTo(atNs: bigint): void;
  /** What `nowNs` would be (or was) `count` instructions from now; negative counts look back. Moves nothing. */
  nsAfter(count: number): bigint;
  /**
   * The same as a number, counted from what `retire` has told so far: who follows the clock is not asked to catch up. NaN where that is not
   * exact (after 52 days, or at a rate that no whole number of ns fits).
   */
  nsNumberAfter(count: number): number;
  /** Time of the next alarm. */
  readonly nextAlarmNs: bigint | undefined;
  /**
   * Another number whenever `instructionsUntilAlarm` is not simply what it was, less what has retired since: an alarm was armed, disarmed or has
   * fired, or time has jumped.
   */
  readonly revision: number;
  /** Instructions that may retire until `atNs` is reached, at least 0, at most `most`. */
  instructionsUntil(atNs: bigint, most: number): number;
  /** The same for the next alarm; `most` if there is none. */
  instructionsUntilAlarm(most: number): number;
  /**
   * `catchUp` is called before anybody reads the time, arms an alarm or lets time jump: whoever retires instructions may be late with telling,
   * if no alarm comes between, and must `retire` them then. Not from inside an alarm's callback. The latest caller's counts.
   */
  follow(catchUp: () => void): void;
  /** `callback` gets the alarm's own time. At most 1,024 alarms; names are unique. */
  createAlarm(name: string, callback: (atNs: bigint) => void): Alarm;
  save(): SimClockState;
  /** Every alarm named in the state must have been created; the others are disarmed. Throws before anything changes. */
  load(state: SimClockState): void;
}

const NS_PER_SECOND = 1_000_000_000n;
const MAX_ALARMS = 1024;
const MAX_RATE = 1e12;
/** ns counted as a number before they become part of the bigint: sums stay exact. */
const MAX_AHEAD_NS = 2 ** 52;

export function createSimClock(options: SimClockOptions = {}): SimClock {
  return new Clock(options);
}

interface Slot {
  readonly name: string;
  readonly callback: (atNs: bigint) => void;
  atNs: bigint | undefined;
  /** Insertion order among alarms of equal time. */
  order: number;
}

class Clock implements SimClock {
  readonly instructionsPerSecond: number;
  readonly #rate: bigint;
  /** ns of one instruction if that is a whole number: the usual case, and there is never a remainder. */
  readonly #wholeNs: bigint | undefined;
  /** The same as a number; 0: it is none. */
  readonly #stepNs: number;
  #unixTimeNs: bigint;
  /** Virtual time is this and `#aheadNs`, so that instructions that retire a few at a time make no bigint. */
  #nowNs = 0n;
  #aheadNs = 0;
  /** `#nowNs` as a number, while that is exact with `#aheadNs` added: for 52 days. NaN: it is not. */
  #nowNumber = 0;
  /** ns from `#nowNs` to the next alarm, 0 if it is due; `MAX_AHEAD_NS`: so far or farther. */
  #alarmInNs = MAX_AHEAD_NS;
  #remainder = 0n;
  readonly #slots = new Map<string, Slot>();
  #next: Slot | undefined;
  #order = 0;
  #firing = false;
  revision = 0;
  #catchUp: () => void = () => undefined;

  constructor({ instructionsPerSecond = 1e9, unixTimeNs = 0n }: SimClockOptions) {
    if (!Number.isInteger(instructionsPerSecond) || instructionsPerSecond < 1 || instructionsPerSecond > MAX_RATE) {
      throw new SimClockError(
        "bad-rate",
        `instructionsPerSecond is ${instructionsPerSecond}; expected an integer from 1 to ${MAX_RATE}`,
      );
    }
    this.instructionsPerSecond = instructionsPerSecond;
    this.#rate = BigInt(instructionsPerSecond);
    this.#wholeNs = NS_PER_SECOND % this.#rate === 0n ? NS_PER_SECOND / this.#rate : undefined;
    this.#stepNs = Number(this.#wholeNs ?? 0n);
    this.#unixTimeNs = unixTimeNs;
  }

  nowNs(): bigint {
    // Inside an alarm's callback time stands.
    if (!this.#firing) this.#catchUp();
    const nowNs = this.#nowNumber + this.#aheadNs;
    return Number.isNaN(nowNs) ? this.#toldNs() : wholeBigint(nowNs);
  }

  /** As far as `retire` has told. */
  #toldNs(): bigint {
    if (this.#aheadNs !== 0) this.#settle();
    return this.#nowNs;
  }

  follow(catchUp: () => void): void {
    this.#catchUp = catchUp;
  }

  unixTimeNs(): bigint {
    return this.#unixTimeNs + this.nowNs();
  }

  get nextAlarmNs(): bigint | undefined {
    return this.#next?.atNs;
  }

  retire(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new SimClockError("bad-time", `retire(${count}): expected a number of instructions >= 0`);
    }
    if (this.#wholeNs !== undefined) {
      const ahead = this.#aheadNs + count * this.#stepNs;
      if (ahead < this.#alarmInNs && !this.#firing) this.#aheadNs = ahead;
      else this.#move(this.#toldNs() + BigInt(count) * this.#wholeNs);
      return;
    }
    const units = this.#remainder + BigInt(count) * NS_PER_SECOND;
    const rest = units % this.#rate;
    this.#move(this.#nowNs + units / this.#rate);
    this.#remainder = rest;
  }

  advanceTo(atNs: bigint): void {
    this.revision++;
    if (atNs > this.nowNs()) this.#remainder = 0n;
    this.#move(atNs);
  }

  nsNumberAfter(count: number): number {
    const nowNs = this.#nowNumber + this.#aheadNs;
    if (count === 0) return nowNs;
    const ns = this.#stepNs === 0 ? Number.NaN : nowNs + count * this.#stepNs;
    return Number.isSafeInteger(ns) ? ns : Number.NaN;
  }

  nsAfter(count: number): bigint {
    const nowNs = this.nowNs();
    if (count === 0) return nowNs;
    if (this.#wholeNs !== undefined) return nowNs + BigInt(count) * this.#wholeNs;
    const units = this.#remainder + BigInt(count) * NS_PER_SECOND;
    const rest = units % this.#rate;
    return nowNs + (units - (rest < 0n ? rest + this.#rate : rest)) / this.#rate;
  }

  instructionsUntil(atNs: bigint, most: number): number {
    const nowNs = this.nowNs();
    if (atNs <= nowNs) return 0;
    const units = (atNs - nowNs) * this.#rate - this.#remainder;
    const count = (units + NS_PER_SECOND - 1n) / NS_PER_SECOND;
    return count < BigInt(most) ? Number(count) : most;
  }

  instructionsUntilAlarm(most: number): number {
    const atNs = this.#next?.atNs;
    if (atNs === undefined) return most;
    const step = this.#stepNs;
    if (step === 0 || this.#alarmInNs === MAX_AHEAD_NS) return this.instructionsUntil(atNs, most);
    const left = this.#alarmInNs - this.#aheadNs;
    const whole = Math.floor(left / step);
    return Math.min(most, left > whole * step ? whole + 1 : whole);
  }

  createAlarm(name: string, callback: (atNs: bigint) => void): Alarm {
    if (this.#slots.has(name)) throw new SimClockError("duplicate-alarm", `there is already an alarm "${name}"`);
    if (this.#slots.size >= MAX_ALARMS) {
      throw new SimClockError(
        "too-many-alarms",
        `alarm "${name}" would be number ${MAX_ALARMS + 1}; the limit is ${MAX_ALARMS}`,
      );
    }
    const slot: Slot = { name, callback, atNs: undefined, order: 0 };
    this.#slots.set(name, slot);
    return {
      name,
      get atNs() {
        return slot.atNs;
      },
      arm: (atNs) => this.#set(slot, atNs),
      disarm: () => this.#set(slot, undefined),
      remove: () => {
        this.#set(slot, undefined);
        this.#slots.delete(name);
      },
    };
  }

  save(): SimClockState {
    const alarms = [...this.#slots.values()]
      .filter((slot): slot is Slot & { atNs: bigint } => slot.atNs !== undefined)
      .sort((a, b) => a.order - b.order)
      .map(({ name, atNs }) => ({ name, atNs }));
    return {
      version: 1,
      instructionsPerSecond: this.instructionsPerSecond,
      unixTimeNs: this.#unixTimeNs,
      nowNs: this.nowNs(),
      remainder: this.#remainder,
      alarms,
    };
  }

  load(state: SimClockState): void {
    if (state.version !== 1) {
      throw new SimClockError("bad-state", `clock state has version ${String(state.version)}; expected 1`);
    }
    if (state.instructionsPerSecond !== this.instructionsPerSecond) {
      throw new SimClockError(
        "bad-state",
        `clock state was saved at ${state.instructionsPerSecond} instructions per second; this clock has ${this.instructionsPerSecond}`,
      );
    }
    const unknown = state.alarms.find(({ name }) => !this.#slots.has(name));
    if (unknown !== undefined) {
      throw new SimClockError("bad-state", `clock state has an alarm "${unknown.name}" that this machine does not`);
    }
    this.#unixTimeNs = state.unixTimeNs;
    this.#nowNs = state.nowNs;
    this.#aheadNs = 0;
    this.#remainder = state.remainder;
    for (const slot of this.#slots.values()) slot.atNs = undefined;
    for (const { name, atNs } of state.alarms) {
      const slot = this.#slots.get(name) as Slot;
      slot.atNs = atNs;
      slot.order = this.#order++;
    }
    this.#select();
  }

  #settle(): void {
    this.#nowNs += BigInt(this.#aheadNs);
    this.#aheadNs = 0;
    this.#measure();
  }

  /** After every change of `#nowNs` or of the next alarm. */
  #measure(): void {
    this.#nowNumber = this.#nowNs < MAX_AHEAD_NS ? Number(this.#nowNs) : Number.NaN;
    const atNs = this.#next?.atNs;
    const inNs = atNs === undefined ? MAX_AHEAD_NS : Number(atNs - this.#nowNs);
    this.#alarmInNs = Math.max(0, Math.min(MAX_AHEAD_NS, inNs));
  }

  #set(slot: Slot, atNs: bigint | undefined): void {
    const nowNs = this.nowNs();
    slot.atNs = atNs !== undefined && this.#firing && atNs <= nowNs ? nowNs + 1n : atNs;
    slot.order = this.#order++;
    this.#select();
  }

  #select(): void {
    this.revision++;
    let next: Slot | undefined;
    for (const slot of this.#slots.values()) {
      if (slot.atNs === undefined) continue;
      if (next === undefined || isBefore(slot, next)) next = slot;
    }
    this.#next = next;
    this.#measure();
  }

  #move(toNs: bigint): void {
    // A callback that moves the clock itself would reorder time for everybody else.
    if (this.#firing) throw new SimClockError("bad-time", "the clock cannot be moved from inside an alarm");
    this.#firing = true;
    if (this.#aheadNs !== 0) this.#settle();
    try {
      const limit = toNs > this.#nowNs ? toNs : this.#nowNs;
      for (let slot = this.#next; slot?.atNs !== undefined && slot.atNs <= limit; slot = this.#next) {
        const atNs = slot.atNs;
        if (atNs > this.#nowNs) this.#nowNs = atNs;
        slot.atNs = undefined;
        this.#select();
        slot.callback(atNs);
      }
      this.#nowNs = limit;
      this.#measure();
    } finally {
      this.#firing = false;
    }
  }
}

const halves = new Uint32Array(2);
const whole = new BigUint64Array(halves.buffer);

/** BigInt(n) of an integer from 0 to 2^53, which V8 calls its runtime for: a load from an array is code in place. */
function wholeBigint(n: number): bigint {
  halves[0] = n;
  halves[1] = n / 0x1_0000_0000;
  return whole[0] as bigint;
}

const isBefore = (a: Slot, b: Slot): boolean => {
  const left = a.atNs as bigint;
  const right = b.atNs as bigint;
  return left < right || (left === right && a.order < b.order);
};
