/**
 * A PS/2 mouse with three buttons, and a wheel for those who know how to ask.
 *
 * Sources: IBM PS/2 Hardware Interface Technical Reference, "Mouse": commands, data packet, status; Microsoft's wheel extension:
 * sample rates 200, 100, 80 in a row change the ID to 3.
 */

export interface MouseState {
  readonly queue: readonly number[];
  readonly streaming: boolean;
  readonly remote: boolean;
  readonly wrap: boolean;
  readonly scaling: boolean;
  readonly resolution: number;
  readonly rate: number;
  readonly rates: readonly number[];
  readonly id: number;
  readonly command: number;
  readonly buttons: number;
  readonly dx: number;
  readonly dy: number;
  readonly dz: number;
}

export interface Mouse {
  take(): number | undefined;
  readonly isEmpty: boolean;
  write(byte: number): void;
  /** Counts to the right, up, and of the wheel towards the user; buttons: 1 left, 2 right, 4 middle. */
  move(dx: number, dy: number, dz: number, buttons: number): void;
  /** A packet even if nothing moved: how an absolute pointing device on another interface calls for attention. */
  signal(): void;
  reset(): void;
  save(): MouseState;
  load(state: MouseState): void;
}

const BUFFER = 64;
const ACK = 0xfa;
const RESEND = 0xfe;
const WHEEL_ID = 3;
const wheelKnock = "200,100,80";

export function createMouse(): Mouse {
  let queue: number[] = [];
  let streaming = false;
  let remote = false;
  let wrap = false;
  let scaling = false;
  let resolution = 2;
  let rate = 100;
  let rates: number[] = [];
  let id = 0;
  let command = 0;
  let buttons = 0;
  let dx = 0;
  let dy = 0;
  let dz = 0;

  const reply = (...bytes: readonly number[]): void => {
    queue = [...queue, ...bytes].slice(-BUFFER);
  };
  const defaults = (): void => {
    streaming = false;
    remote = false;
    scaling = false;
    resolution = 2;
    rate = 100;
    rates = [];
    queue = [];
    [dx, dy, dz] = [0, 0, 0];
  };
  const clamp = (value: number, most: number): number => Math.max(-most - 1, Math.min(most, Math.trunc(value) || 0));
  const packet = (): number[] => {
    const x = clamp(dx, 255);
    const y = clamp(dy, 255);
    const z = clamp(dz, 7);
    dx = clamp(dx - x, 4095);
    dy = clamp(dy - y, 4095);
    dz = clamp(dz - z, 127);
    const first = (buttons & 7) | 0x08 | (x < 0 ? 0x10 : 0) | (y < 0 ? 0x20 : 0);
    return [first, x & 0xff, y & 0xff, ...(id === WHEEL_ID ? [z & 0xff] : [])];
  };
  const isRoomy = (): boolean => queue.length + 4 <= BUFFER;
  const commands: Readonly<Record<number, () => void>> = {
    [0xe6]: () => {
      scaling = false;
      reply(ACK);
    },
    [0xe7]: () => {
      scaling = true;
      reply(ACK);
    },
    [0xe9]: () => {
      const state = (remote ? 0x40 : 0) | (streaming ? 0x20 : 0) | (scaling ? 0x10 : 0);
      const [left, right, middle] = [buttons & 1, (buttons >> 1) & 1, (buttons >> 2) & 1];
      reply(ACK, state | (left << 2) | (middle << 1) | right, resolution, rate);
    },
    [0xea]: () => {
      remote = false;
      reply(ACK);
    },
    [0xeb]: () => reply(ACK, ...packet()),
    [0xec]: () => {
      wrap = false;
      reply(ACK);
    },
    [0xee]: () => {
      wrap = true;
      reply(ACK);
    },
    [0xf0]: () => {
      remote = true;
      reply(ACK);
    },
    [0xf2]: () => reply(ACK, id),
    [0xf4]: () => {
      [dx, dy, dz] = [0, 0, 0];
      streaming = true;
      reply(ACK);
    },
    [0xf5]: () => {
      streaming = false;
      reply(ACK);
    },
    [0xf6]: () => {
      defaults();
      reply(ACK);
    },
    [0xff]: () => {
      defaults();
      id = 0;
      wrap = false;
      reply(ACK, 0xaa, id);
    },
  };
  return {
    take: () => queue.shift(),
    get isEmpty() {
      return queue.length === 0;
    },
    write(byte) {
      if (wrap && byte !== 0xec && byte !== 0xff) {
        reply(byte);
      } else if (command !== 0) {
        if (command === 0xe8) resolution = byte & 3;
        else {
          rate = byte;
          rates = [...rates, byte].slice(-3);
          if (rates.join() === wheelKnock) id = WHEEL_ID;
        }
        command = 0;
        reply(ACK);
      } else if (byte === 0xe8 || byte === 0xf3) {
        command = byte;
        reply(ACK);
      } else {
        const run = commands[byte];
        if (run === undefined) reply(RESEND);
        else run();
      }
    },
    move(right, up, wheel, pressed) {
      const changed = pressed !== buttons || right !== 0 || up !== 0 || wheel !== 0;
      buttons = pressed & 7;
      dx = clamp(dx + right, 4095);
      dy = clamp(dy + up, 4095);
      dz = clamp(dz + wheel, 127);
      if (!changed || !streaming || remote || wrap) return;
      do {
        if (!isRoomy()) return;
        queue.push(...packet());
      } while (dx !== 0 || dy !== 0);
    },
    signal() {
      if (streaming && isRoomy()) queue.push(...packet());
    },
    reset() {
      defaults();
      wrap = false;
      id = 0;
      command = 0;
      buttons = 0;
    },
    save: () => ({
      ...{ streaming, remote, wrap, scaling, resolution, rate, id, command, buttons, dx, dy, dz },
      queue: [...queue],
      rates: [...rates],
    }),
    load(state) {
      ({ streaming, remote, wrap, scaling, resolution, rate, id, command, buttons, dx, dy, dz } = state);
      queue = state.queue.slice(0, BUFFER);
      rates = state.rates.slice(-3);
    },
  };
}
