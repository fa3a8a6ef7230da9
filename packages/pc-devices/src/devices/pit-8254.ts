/** The 8254 timer of a PC: channel 0 interrupts, channel 2 is gated and read by port 0x61. */
import { checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";
import { createRate } from "../rate.ts";

interface ChannelState {
  readonly mode: number;
  readonly bcd: boolean;
  /** 1 low byte, 2 high byte, 3 low then high. */
  readonly access: number;
  /** Counts of one period: 1 to 0x10000. */
  readonly reload: number;
  /** When counting of `reload` began, ns; undefined before the first count and while the gate holds it. */
  readonly startNs: number | undefined;
  readonly gate: boolean;
  readonly written: number;
  readonly writeHigh: boolean;
  readonly readHigh: boolean;
  readonly latched: number | undefined;
  readonly status: number | undefined;
}

export interface PitState {
  readonly version: 1;
  readonly channels: readonly ChannelState[];
  readonly speaker: boolean;
}

export const PIT_HZ = 1_193_182n;
const rate = createRate(Number(PIT_HZ));
const FULL_COUNT = 0x1_0000;
const READ_BACK = 3;
const PORT61_GATE2 = 1 << 0;
const PORT61_SPEAKER = 1 << 1;
const PORT61_REFRESH = 1 << 4;
const PORT61_OUT2 = 1 << 5;
/** Memory refresh toggles every 15.085 µs (18 counts). */
const REFRESH_COUNTS = 18;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const channelAtReset = (gate: boolean): Mutable<ChannelState> => ({
  mode: 3,
  bcd: false,
  access: 3,
  reload: FULL_COUNT,
  startNs: undefined,
  gate,
  written: 0,
  writeHigh: false,
  readHigh: false,
  latched: undefined,
  status: undefined,
});

const isPeriodic = ({ mode }: ChannelState): boolean => mode === 2 || mode === 3;

function elapsedCounts({ startNs }: ChannelState, nowNs: number): number {
  return startNs === undefined ? 0 : rate.ticks(nowNs - startNs);
}

function count(channel: ChannelState, nowNs: number): number {
  const { reload, mode, startNs } = channel;
  if (startNs === undefined) return reload % FULL_COUNT;
  const elapsed = elapsedCounts(channel, nowNs);
  if (!isPeriodic(channel)) return (((reload - elapsed) % FULL_COUNT) + FULL_COUNT) % FULL_COUNT;
  const phase = elapsed % reload;
  // Mode 3 counts by two, and so runs through the reload value twice in a period.
  if (mode === 3) return (reload - ((phase * 2) % reload)) & 0xfffe;
  return (reload - phase) % FULL_COUNT;
}

/** The output by mode, so many counts after the start. */
const outputs: readonly ((elapsed: number, period: number) => boolean)[] = [
  (elapsed, period) => elapsed >= period,
  (elapsed, period) => elapsed >= period,
  (elapsed, period) => elapsed % period !== period - 1,
  (elapsed, period) => elapsed % period < Math.ceil(period / 2),
  (elapsed, period) => elapsed !== period,
  (elapsed, period) => elapsed !== period,
];

function output(channel: ChannelState, nowNs: number): boolean {
  const { mode, reload, startNs } = channel;
  if (startNs === undefined) return mode !== 0;
  return outputs[mode]?.(elapsedCounts(channel, nowNs), reload) ?? true;
}

/** Next time after `nowNs` at which the output changes; undefined if never. */
function nextChangeNs(channel: ChannelState, nowNs: number): number | undefined {
  const { mode, reload, startNs } = channel;
  if (startNs === undefined) return undefined;
  const elapsed = elapsedCounts(channel, nowNs);
  const inPeriod: readonly number[] = mode === 2 ? [reload - 1, reload] : [Math.ceil(reload / 2), reload];
  const once: readonly number[] = mode >= 4 ? [reload, reload + 1] : [reload];
  const base = isPeriodic(channel) ? elapsed - (elapsed % reload) : 0;
  const next = (isPeriodic(channel) ? inPeriod : once).map((at) => base + at).find((at) => at > elapsed);
  return next === undefined ? undefined : startNs + rate.ns(next);
}

const fromBcd = (value: number): number =>
  [0, 4, 8, 12].reduce((sum, shift, digit) => sum + Math.min((value >> shift) & 15, 9) * 10 ** digit, 0);
const toBcd = (value: number): number =>
  [0, 1, 2, 3].reduce((sum, digit) => sum | ((Math.floor(value / 10 ** digit) % 10) << (digit * 4)), 0);

export const pit8254: DeviceModel<undefined, Device<PitState>> = {
  name: "pit-8254",
  ranges: [
    { base: 0x40, size: 4 },
    { base: 0x61, size: 1 },
  ],
  pins: ["irq0"],
  sources: [
    "Intel 82C54 data sheet (231244-006): control word, read-back command, mode definitions",
    "IBM PC AT Technical Reference: port 61h",
  ],
  create(environment) {
    let channels = [channelAtReset(true), channelAtReset(true), channelAtReset(false)];
    let speaker = false;
    let line = false;
    const nowNs = (): number => Number(environment.nowNs());
    const timer = environment.createTimer("channel-0", () => update());

    const update = (): void => {
      const channel = channels[0] as ChannelState;
      const now = nowNs();
      const level = output(channel, now);
      if (level !== line) {
        line = level;
        environment.setLine("irq0", level);
      }
      const next = nextChangeNs(channel, now);
      if (next === undefined) timer.disarm();
      else timer.arm(BigInt(next));
    };

    const setReload = (channel: Mutable<ChannelState>, value: number): void => {
      const counts = channel.bcd ? fromBcd(value) || 10_000 : value || FULL_COUNT;
      // A period of one count has no phase in modes 2 and 3; the data sheet forbids it.
      channel.reload = isPeriodic(channel) ? Math.max(counts, 2) : counts;
      const waitsForTrigger = channel.mode === 1 || channel.mode === 5;
      channel.startNs = channel.gate && !waitsForTrigger ? nowNs() : undefined;
    };

    const writeCounter = (channel: Mutable<ChannelState>, value: number): void => {
      if (channel.access === 1) setReload(channel, value);
      else if (channel.access === 2) setReload(channel, value << 8);
      else if (!channel.writeHigh) {
        channel.written = value;
        channel.writeHigh = true;
        // In mode 0 the first byte stops the count.
        if (channel.mode === 0) channel.startNs = undefined;
      } else {
        channel.writeHigh = false;
        setReload(channel, channel.written | (value << 8));
      }
    };

    const current = (channel: ChannelState): number => {
      const value = count(channel, nowNs());
      return channel.bcd ? toBcd(value) : value;
    };

    const readCounter = (channel: Mutable<ChannelState>): number => {
      if (channel.status !== undefined) {
        const { status } = channel;
        channel.status = undefined;
        return status;
      }
      const value = channel.latched ?? current(channel);
      const high = channel.access === 2 || (channel.access === 3 && channel.readHigh);
      if (channel.access === 3) channel.readHigh = !channel.readHigh;
      if (channel.access !== 3 || !channel.readHigh) channel.latched = undefined;
      return high ? value >> 8 : value & 0xff;
    };

    const latch = (channel: Mutable<ChannelState>): void => {
      channel.latched ??= current(channel);
    };

    const readBack = (value: number): void => {
      channels.forEach((channel, index) => {
        if ((value & (2 << index)) === 0) return;
        if ((value & 0x20) === 0) latch(channel);
        if ((value & 0x10) === 0 && channel.status === undefined) {
          const out = output(channel, nowNs()) ? 0x80 : 0;
          const nullCount = channel.startNs === undefined ? 0x40 : 0;
          channel.status = out | nullCount | (channel.access << 4) | (channel.mode << 1) | (channel.bcd ? 1 : 0);
        }
      });
    };

    const writeControl = (value: number): void => {
      const select = value >> 6;
      if (select === READ_BACK) {
        readBack(value);
        return;
      }
      const channel = channels[select] as Mutable<ChannelState>;
      const access = (value >> 4) & 3;
      if (access === 0) {
        latch(channel);
        return;
      }
      const mode = (value >> 1) & 7;
      Object.assign(channel, {
        ...channelAtReset(channel.gate),
        access,
        mode: mode > 5 ? mode & 3 : mode,
        bcd: (value & 1) !== 0,
      });
    };

    const setGate = (channel: Mutable<ChannelState>, gate: boolean): void => {
      const rising = gate && !channel.gate;
      channel.gate = gate;
      if (rising) channel.startNs = nowNs();
      else if (!gate && channel.mode !== 1 && channel.mode !== 5) channel.startNs = undefined;
    };

    const readPort61 = (): number => {
      const channel = channels[2] as ChannelState;
      const refresh = Math.floor(rate.ticks(nowNs()) / REFRESH_COUNTS) % 2 === 1;
      return (
        (channel.gate ? PORT61_GATE2 : 0) |
        (speaker ? PORT61_SPEAKER : 0) |
        (refresh ? PORT61_REFRESH : 0) |
        (output(channel, nowNs()) ? PORT61_OUT2 : 0)
      );
    };

    update();
    return {
      read(offset, size, range) {
        if (range === 1) return readPort61();
        return readBytes(offset, size, (at) => {
          const channel = channels[at];
          return channel === undefined ? 0xff : readCounter(channel);
        });
      },
      write(offset, size, value, range) {
        if (range === 1) {
          speaker = (value & PORT61_SPEAKER) !== 0;
          setGate(channels[2] as Mutable<ChannelState>, (value & PORT61_GATE2) !== 0);
        } else {
          writeBytes(offset, size, value, (at, byte) => {
            const channel = channels[at];
            if (channel !== undefined) writeCounter(channel, byte);
            else if (at === 3) writeControl(byte);
          });
        }
        update();
        return true;
      },
      reset() {
        channels = [channelAtReset(true), channelAtReset(true), channelAtReset(false)];
        speaker = false;
        update();
      },
      save: () => ({ version: 1, channels: channels.map((channel) => ({ ...channel })), speaker }),
      load(state) {
        checkVersion("pit-8254", state, 1);
        channels = state.channels.map((channel) => ({ ...channel }));
        speaker = state.speaker;
        update();
      },
    };
  },
};
