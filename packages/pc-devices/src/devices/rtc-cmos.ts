/** The MC146818 clock with its battery-backed memory: date, alarm, periodic and update-ended interrupts. */
import { checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";

export interface RtcOptions {
  /** Initial contents of the memory by index (0x0e–0x7f): what a BIOS would have left there. */
  readonly memory?: Readonly<Record<number, number>>;
}

export interface RtcState {
  readonly version: 1;
  readonly index: number;
  readonly memory: readonly number[];
  /** What a guest's setting of the clock added to the machine's date, in seconds. */
  readonly offsetSeconds: string;
  readonly flags: number;
  /** Seconds since 1970 up to which updates were accounted for. */
  readonly updatedTo: string;
  readonly periodicFromNs: bigint;
}

const SIZE = 128;
const NS_PER_SECOND = 1_000_000_000n;
const SECONDS_PER_DAY = 86_400n;
const Index = {
  SECONDS: 0,
  SECONDS_ALARM: 1,
  MINUTES: 2,
  MINUTES_ALARM: 3,
  HOURS: 4,
  HOURS_ALARM: 5,
  WEEKDAY: 6,
  DAY: 7,
  MONTH: 8,
  YEAR: 9,
  A: 0x0a,
  B: 0x0b,
  C: 0x0c,
  D: 0x0d,
  CENTURY: 0x32,
} as const;
const A_RATE = 0x0f;
const A_DEFAULT = 0x26;
const A_UPDATE_IN_PROGRESS = 0x80;
const B_SET = 0x80;
const B_PERIODIC = 0x40;
const B_ALARM = 0x20;
const B_UPDATE = 0x10;
const B_BINARY = 0x04;
const B_24_HOURS = 0x02;
const C_IRQ = 0x80;
const D_VALID = 0x80;
/** Alarm bytes of 0xc0 and above match anything. */
const DONT_CARE = 0xc0;
/** The update takes the last 244 µs of a second. */
const UPDATE_NS = 244_000n;

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Proleptic Gregorian date of a number of seconds since 1970 (era arithmetic: 400 years are 146,097 days). */
export function secondsToCivil(total: bigint): Civil {
  const day = Number(BigInt.asIntN(64, (total - (((total % 86_400n) + 86_400n) % 86_400n)) / 86_400n));
  const rest = Number(((total % 86_400n) + 86_400n) % 86_400n);
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    weekday: ((((day + 4) % 7) + 7) % 7) + 1,
    hours: Math.floor(rest / 3600),
    minutes: Math.floor(rest / 60) % 60,
    seconds: rest % 60,
  };
}

export function civilToSeconds({ year, month, day, hours, minutes, seconds }: Omit<Civil, "weekday">): bigint {
  const shiftedYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(shiftedYear / 400);
  const yearOfEra = shiftedYear - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return BigInt(era * 146_097 + dayOfEra - 719_468) * 86_400n + BigInt(hours * 3600 + minutes * 60 + seconds);
}

export const rtcCmos: DeviceModel<RtcOptions, Device<RtcState>> = {
  name: "rtc-cmos",
  ranges: [{ base: 0x70, size: 2 }],
  pins: ["irq8"],
  sources: ["Motorola MC146818A data sheet (1984): time, calendar and alarm locations, registers A–D, interrupts"],
  create(environment, { memory: initial = {} } = {}) {
    const memory = new Uint8Array(SIZE);
    let index = 0;
    let offsetSeconds = 0n;
    let flags = 0;
    let updatedTo = 0n;
    let periodicFromNs = 0n;
    let line = false;

    const nowSeconds = (): bigint => environment.unixTimeNs() / NS_PER_SECOND + offsetSeconds;
    const b = (): number => memory[Index.B] as number;
    const encode = (value: number): number =>
      (b() & B_BINARY) !== 0 ? value : (Math.floor(value / 10) << 4) | (value % 10);
    const decode = (value: number): number => ((b() & B_BINARY) !== 0 ? value : (value >> 4) * 10 + (value & 15));
    const encodeHours = (hours: number): number =>
      (b() & B_24_HOURS) !== 0 ? encode(hours) : encode(hours % 12 || 12) | (hours >= 12 ? 0x80 : 0);
    const decodeHours = (value: number): number =>
      (b() & B_24_HOURS) !== 0 ? decode(value) : (decode(value & 0x7f) % 12) + ((value & 0x80) !== 0 ? 12 : 0);

    /** Writes the date into the memory, as the update cycle does. */
    const store = (): void => {
      const civil = secondsToCivil(nowSeconds());
      memory[Index.SECONDS] = encode(civil.seconds);
      memory[Index.MINUTES] = encode(civil.minutes);
      memory[Index.HOURS] = encodeHours(civil.hours);
      memory[Index.WEEKDAY] = encode(civil.weekday);
      memory[Index.DAY] = encode(civil.day);
      memory[Index.MONTH] = encode(civil.month);
      memory[Index.YEAR] = encode(civil.year % 100);
      memory[Index.CENTURY] = encode(Math.floor(civil.year / 100));
    };
    /** Takes the date that the guest has written, when it lets the clock run again. */
    const adopt = (): void => {
      const at = (place: number): number => decode(memory[place] as number);
      const seconds = civilToSeconds({
        year: at(Index.CENTURY) * 100 + at(Index.YEAR),
        month: Math.min(Math.max(at(Index.MONTH), 1), 12),
        day: Math.min(Math.max(at(Index.DAY), 1), 31),
        hours: decodeHours(memory[Index.HOURS] as number),
        minutes: at(Index.MINUTES),
        seconds: at(Index.SECONDS),
      });
      offsetSeconds += seconds - nowSeconds();
      updatedTo = seconds;
    };

    const update = (): void => {
      const level = (flags & b() & (B_PERIODIC | B_ALARM | B_UPDATE)) !== 0;
      if (level === line) return;
      line = level;
      environment.setLine("irq8", level);
    };

    /** ns between periodic interrupts; 0 when off. Rates 1 and 2 repeat 8 and 9. */
    const periodNs = (): bigint => {
      const rate = (memory[Index.A] as number) & A_RATE;
      if (rate === 0) return 0n;
      return (NS_PER_SECOND << BigInt((rate < 3 ? rate + 7 : rate) - 1)) / 32_768n;
    };
    const matchesAlarm = (secondOfDay: number): boolean => {
      const matches = (place: number, shown: number): boolean => {
        const alarm = memory[place] as number;
        return alarm >= DONT_CARE || alarm === shown;
      };
      return (
        matches(Index.SECONDS_ALARM, encode(secondOfDay % 60)) &&
        matches(Index.MINUTES_ALARM, encode(Math.floor(secondOfDay / 60) % 60)) &&
        matches(Index.HOURS_ALARM, encodeHours(Math.floor(secondOfDay / 3600)))
      );
    };
    /** Sets the flags of everything that has happened since the last time; they do not depend on the enable bits. */
    const catchUp = (): void => {
      const now = environment.nowNs();
      const period = periodNs();
      if (period > 0n && now >= periodicFromNs + period) {
        flags |= B_PERIODIC;
        periodicFromNs += ((now - periodicFromNs) / period) * period;
      }
      const seconds = nowSeconds();
      if ((b() & B_SET) !== 0 || seconds <= updatedTo) return;
      // After a day every time of day has been passed.
      const passed = Number(seconds - updatedTo < SECONDS_PER_DAY ? seconds - updatedTo : SECONDS_PER_DAY);
      const last = Number(((seconds % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY);
      updatedTo = seconds;
      flags |= B_UPDATE;
      for (let back = 0; back < passed && (flags & B_ALARM) === 0; back++) {
        if (matchesAlarm((last - back + 86_400) % 86_400)) flags |= B_ALARM;
      }
    };

    const second = environment.createTimer("second", () => {
      catchUp();
      update();
      schedule();
    });
    const periodic = environment.createTimer("periodic", () => {
      catchUp();
      update();
      schedule();
    });
    /** Timers run only while somebody wants their interrupt, so that an idle machine stays idle. */
    const schedule = (): void => {
      const wantsSecond = (b() & (B_ALARM | B_UPDATE)) !== 0 && (b() & B_SET) === 0;
      const now = environment.nowNs();
      if (wantsSecond) second.arm(now + NS_PER_SECOND - (environment.unixTimeNs() % NS_PER_SECOND));
      else second.disarm();
      const period = periodNs();
      if ((b() & B_PERIODIC) !== 0 && period > 0n) periodic.arm(periodicFromNs + period);
      else periodic.disarm();
    };

    const readIndex = (): number => {
      if (index === Index.C) {
        catchUp();
        const enabled = flags & b() & (B_PERIODIC | B_ALARM | B_UPDATE);
        const value = flags | (enabled !== 0 ? C_IRQ : 0);
        flags = 0;
        update();
        return value;
      }
      if (index === Index.D) return D_VALID;
      if ((b() & B_SET) === 0 && (index <= Index.YEAR || index === Index.CENTURY) && !isAlarmIndex(index)) store();
      if (index !== Index.A) return memory[index] as number;
      const busy = (b() & B_SET) === 0 && NS_PER_SECOND - (environment.unixTimeNs() % NS_PER_SECOND) <= UPDATE_NS;
      return (memory[Index.A] as number) | (busy ? A_UPDATE_IN_PROGRESS : 0);
    };
    const writeIndex = (value: number): void => {
      if (index === Index.C || index === Index.D) return;
      catchUp();
      const isTime = (index <= Index.YEAR || index === Index.CENTURY) && !isAlarmIndex(index);
      if (isTime && (b() & B_SET) === 0) store();
      const before = b();
      const rate = (memory[Index.A] as number) & A_RATE;
      memory[index] = index === Index.A ? value & 0x7f : value;
      if (isTime && (b() & B_SET) === 0) adopt();
      if (index === Index.B) {
        if ((value & B_SET) !== 0) {
          memory[Index.B] = value & ~B_UPDATE;
          if ((before & B_SET) === 0) {
            // The clock stops at the present time, in the format that held until now.
            const written = memory[Index.B] as number;
            memory[Index.B] = before;
            store();
            memory[Index.B] = written;
          }
        } else if ((before & B_SET) !== 0) adopt();
      }
      const startsPeriodic = (before & B_PERIODIC) === 0 && (b() & B_PERIODIC) !== 0;
      if (startsPeriodic || ((memory[Index.A] as number) & A_RATE) !== rate) periodicFromNs = environment.nowNs();
      update();
      schedule();
    };
    const initialise = (): void => {
      memory.fill(0);
      for (const [place, value] of Object.entries(initial)) memory[Number(place) & 0x7f] = value;
      memory[Index.A] = A_DEFAULT;
      memory[Index.B] = B_24_HOURS;
      offsetSeconds = 0n;
      store();
      updatedTo = nowSeconds();
      periodicFromNs = environment.nowNs();
    };

    initialise();
    return {
      read(offset, size) {
        return readBytes(offset, size, (at) => (at === 1 ? readIndex() : 0xff));
      },
      write(offset, size, value) {
        return writeBytes(offset, size, value, (at, byte) => {
          // Bit 7 masks NMI, which is nobody's here.
          if (at === 0) index = byte & 0x7f;
          else if (at === 1) writeIndex(byte);
        });
      },
      // Time and memory have a battery; RESET clears the interrupt enables and flags only.
      reset() {
        catchUp();
        memory[Index.B] = b() & ~(B_PERIODIC | B_ALARM | B_UPDATE);
        flags = 0;
        index = 0;
        update();
        schedule();
      },
      save: () => ({
        version: 1,
        index,
        memory: [...memory],
        offsetSeconds: `${offsetSeconds}`,
        flags,
        updatedTo: `${updatedTo}`,
        periodicFromNs,
      }),
      load(state) {
        checkVersion("rtc-cmos", state, 1);
        index = state.index & 0x7f;
        memory.set(state.memory.slice(0, SIZE));
        offsetSeconds = BigInt(state.offsetSeconds);
        flags = state.flags;
        updatedTo = BigInt(state.updatedTo);
        periodicFromNs = state.periodicFromNs;
        update();
        schedule();
      },
    };
  },
};

const isAlarmIndex = (index: number): boolean =>
  index === Index.SECONDS_ALARM || index === Index.MINUTES_ALARM || index === Index.HOURS_ALARM;
