/**
 * A PS/2 keyboard: what it sends and what it can be told.
 *
 * Sources: IBM PS/2 Hardware Interface Technical Reference, "Keyboard (101- and 102-Key)": commands from the system, power-on
 * routine, buffer of 16 bytes.
 */
import { keySequence, translateScancode } from "./scancodes.ts";

export interface KeyboardState {
  readonly queue: readonly number[];
  readonly scanning: boolean;
  readonly set: number;
  readonly leds: number;
  /** The command that waits for its parameter, 0 for none. */
  readonly command: number;
  readonly last: number;
  readonly released: boolean;
}

export interface Keyboard {
  /** The next byte for the controller; undefined when there is none. */
  take(): number | undefined;
  readonly isEmpty: boolean;
  /** A byte from the controller. */
  write(byte: number): void;
  key(key: string, isDown: boolean): boolean;
  readonly leds: number;
  reset(): void;
  save(): KeyboardState;
  load(state: KeyboardState): void;
}

const BUFFER = 16;
const ACK = 0xfa;
const RESEND = 0xfe;
const PASSED = 0xaa;
const BREAK = 0xf0;

export function createKeyboard(): Keyboard {
  let queue: number[] = [];
  let scanning = true;
  let set = 2;
  let leds = 0;
  let command = 0;
  let last = 0;
  /** In set 1, whether a break prefix came before. */
  let released = false;

  const reply = (...bytes: readonly number[]): void => {
    // Replies take the place of scan codes if they must.
    queue = [...queue, ...bytes].slice(-BUFFER);
  };
  const defaults = (): void => {
    set = 2;
    scanning = true;
    queue = [];
  };
  const parameter = (byte: number): void => {
    const waiting = command;
    command = 0;
    if (waiting === 0xed) leds = byte & 7;
    if (waiting === 0xf0) {
      // Set 3 is refused: nobody uses it, and a guest that asks stays with set 2.
      if (byte > 2) {
        reply(RESEND);
        return;
      }
      reply(ACK, ...(byte === 0 ? [set] : []));
      if (byte !== 0) set = byte;
    } else reply(ACK);
  };
  const commands: Readonly<Record<number, () => void>> = {
    [0xee]: () => reply(0xee),
    [0xf2]: () => reply(ACK, 0xab, 0x83),
    [0xf4]: () => {
      queue = [];
      scanning = true;
      reply(ACK);
    },
    [0xf5]: () => {
      defaults();
      scanning = false;
      reply(ACK);
    },
    [0xf6]: () => {
      defaults();
      reply(ACK);
    },
    [0xfe]: () => reply(last),
    [0xff]: () => {
      defaults();
      leds = 0;
      reply(ACK, PASSED);
    },
  };

  return {
    take() {
      const byte = queue.shift();
      if (byte !== undefined) last = byte;
      return byte;
    },
    get isEmpty() {
      return queue.length === 0;
    },
    write(byte) {
      // A parameter has bit 7 clear; a command in its place starts anew.
      if (command !== 0 && byte < 0x80) parameter(byte);
      else if (byte === 0xed || byte === 0xf0 || byte === 0xf3) {
        command = byte;
        reply(ACK);
      } else {
        command = 0;
        const run = commands[byte];
        if (run !== undefined) run();
        else if (byte >= 0xf7 && byte <= 0xfd) reply(ACK);
        else reply(RESEND);
      }
    },
    key(key, isDown) {
      const codes = keySequence(key, isDown);
      if (!scanning || codes.length === 0) return false;
      for (const code of codes) {
        if (set === 1 && code === BREAK) {
          released = true;
          continue;
        }
        const sent = set === 1 ? translateScancode(code) | (released && code < 0xe0 ? 0x80 : 0) : code;
        if (code < 0xe0) released = false;
        // A full buffer ends in one overrun code.
        if (queue.length < BUFFER - 1) queue.push(sent);
        else if (queue.length < BUFFER) queue.push(set === 1 ? 0xff : 0x00);
      }
      return true;
    },
    get leds() {
      return leds;
    },
    reset() {
      defaults();
      leds = 0;
      command = 0;
      last = 0;
      released = false;
    },
    save: () => ({ queue: [...queue], scanning, set, leds, command, last, released }),
    load(state) {
      queue = state.queue.slice(0, BUFFER);
      ({ scanning, set, leds, command, last, released } = state);
    },
  };
}
