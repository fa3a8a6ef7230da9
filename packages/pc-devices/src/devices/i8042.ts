/** The keyboard and auxiliary device controller with a PS/2 keyboard and a PS/2 mouse, the A20 gate and the reset line. */
import { checkVersion, type Device, type DeviceModel } from "../device.ts";
import { createKeyboard, type KeyboardState } from "../ps2/keyboard.ts";
import { createMouse, type MouseState } from "../ps2/mouse.ts";
import { translateScancode } from "../ps2/scancodes.ts";

export interface I8042State {
  readonly version: 1;
  /** Controller RAM; byte 0 is the command byte. */
  readonly ram: readonly number[];
  readonly output: number;
  readonly outputFull: boolean;
  readonly outputFromMouse: boolean;
  /** The controller's own answers that wait for room. */
  readonly replies: readonly number[];
  /** The command that waits for a datum at port 0x60, 0 for none. */
  readonly command: number;
  readonly lastWasCommand: boolean;
  readonly port: number;
  /** A break prefix was swallowed by the translation. */
  readonly released: boolean;
  readonly keyboard: KeyboardState;
  readonly mouse: MouseState;
}

export interface I8042 extends Device<I8042State> {
  /** `key` as in the W3C's KeyboardEvent.code. False if the keyboard has no such key, or is not scanning. */
  key(key: string, isDown: boolean): boolean;
  /** Counts to the right, up, of the wheel towards the user; buttons: 1 left, 2 right, 4 middle. */
  moveMouse(dx: number, dy: number, dz: number, buttons: number): void;
  /** A packet without movement, for an absolute pointing device such as vmmouse. */
  signalMouse(): void;
  /** Bit 0 scroll lock, 1 num lock, 2 caps lock. */
  readonly leds: number;
}

const DATA = 0;
const STATUS_OUTPUT_FULL = 1 << 0;
const STATUS_SYSTEM = 1 << 2;
const STATUS_COMMAND = 1 << 3;
const STATUS_UNLOCKED = 1 << 4;
const STATUS_MOUSE = 1 << 5;
const BYTE_KEYBOARD_INTERRUPT = 1 << 0;
const BYTE_MOUSE_INTERRUPT = 1 << 1;
const BYTE_SYSTEM = 1 << 2;
const BYTE_KEYBOARD_OFF = 1 << 4;
const BYTE_MOUSE_OFF = 1 << 5;
const BYTE_TRANSLATE = 1 << 6;
/** As firmware leaves it: both interrupts, system flag, translation. */
const BYTE_AT_RESET = BYTE_KEYBOARD_INTERRUPT | BYTE_MOUSE_INTERRUPT | BYTE_SYSTEM | BYTE_TRANSLATE;
const PORT_NO_RESET = 1 << 0;
const PORT_A20 = 1 << 1;
const PORT_KEYBOARD_FULL = 1 << 4;
const PORT_MOUSE_FULL = 1 << 5;
/** Reset off, A20 open, clock and data lines of both devices idle. */
const PORT_AT_RESET = 0xcf;
const BREAK = 0xf0;
const MOST_REPLIES = 16;

export const i8042: DeviceModel<undefined, I8042> = {
  name: "i8042",
  ranges: [
    { base: 0x60, size: 1 },
    { base: 0x64, size: 1 },
  ],
  pins: ["irq1", "irq12", "a20"],
  sources: [
    "IBM PS/2 Hardware Interface Technical Reference, Keyboard and Auxiliary Device Controller: ports, controller commands 20h–FFh, " +
      "controller command byte, output port, scan code translation",
    "Intel 8042 (UPI-42) as programmed in the IBM PC AT Technical Reference, Keyboard Controller",
  ],
  create(environment) {
    const keyboard = createKeyboard();
    const mouse = createMouse();
    const ram = new Uint8Array(32);
    let output = 0;
    let outputFull = false;
    let outputFromMouse = false;
    let replies: number[] = [];
    let command = 0;
    let lastWasCommand = false;
    let port = PORT_AT_RESET;
    let released = false;
    const lines = { irq1: false, irq12: false, a20: true };

    const commandByte = (): number => ram[0] as number;
    const drive = (pin: keyof typeof lines, level: boolean): void => {
      if (lines[pin] === level) return;
      lines[pin] = level;
      environment.setLine(pin, level);
    };
    const update = (): void => {
      drive("irq1", outputFull && !outputFromMouse && (commandByte() & BYTE_KEYBOARD_INTERRUPT) !== 0);
      drive("irq12", outputFull && outputFromMouse && (commandByte() & BYTE_MOUSE_INTERRUPT) !== 0);
      drive("a20", (port & PORT_A20) !== 0);
    };
    const put = (byte: number, fromMouse: boolean): void => {
      output = byte;
      outputFull = true;
      outputFromMouse = fromMouse;
      update();
    };
    /** The keyboard's next byte as it appears behind the translation. */
    const takeKey = (): number | undefined => {
      for (let byte = keyboard.take(); byte !== undefined; byte = keyboard.take()) {
        if ((commandByte() & BYTE_TRANSLATE) === 0) return byte;
        if (byte === BREAK) {
          released = true;
          continue;
        }
        const code = translateScancode(byte) | (released ? 0x80 : 0);
        released = false;
        return code;
      }
      return undefined;
    };
    /** Fills the output buffer if it is empty and somebody has something. */
    const fill = (): void => {
      if (outputFull) return;
      const reply = replies.shift();
      if (reply !== undefined) {
        put(reply, false);
        return;
      }
      const key = (commandByte() & BYTE_KEYBOARD_OFF) === 0 ? takeKey() : undefined;
      if (key !== undefined) {
        put(key, false);
        return;
      }
      const motion = (commandByte() & BYTE_MOUSE_OFF) === 0 ? mouse.take() : undefined;
      if (motion !== undefined) put(motion, true);
    };
    const reply = (byte: number): void => {
      replies = [...replies, byte].slice(-MOST_REPLIES);
    };
    const setPort = (value: number): void => {
      port = value & ~(PORT_KEYBOARD_FULL | PORT_MOUSE_FULL);
      if ((value & PORT_NO_RESET) === 0) {
        port |= PORT_NO_RESET;
        environment.request({ kind: "reset" });
      }
    };
    const setByteBits = (set: number, clear: number): void => {
      ram[0] = (commandByte() & ~clear) | set;
    };

    const commands: Readonly<Record<number, () => void>> = {
      // No password is installed.
      164: () => reply(0xf1),
      167: () => setByteBits(BYTE_MOUSE_OFF, 0),
      168: () => setByteBits(0, BYTE_MOUSE_OFF),
      169: () => reply(0x00),
      170: () => {
        setByteBits(BYTE_SYSTEM, 0);
        reply(0x55);
      },
      171: () => reply(0x00),
      173: () => setByteBits(BYTE_KEYBOARD_OFF, 0),
      174: () => setByteBits(0, BYTE_KEYBOARD_OFF),
      // Bit 7: the keyboard is not locked.
      192: () => reply(0x80),
      208: () => {
        const full = outputFull ? (outputFromMouse ? PORT_MOUSE_FULL : PORT_KEYBOARD_FULL) : 0;
        reply(port | full);
      },
      221: () => setPort(port & ~PORT_A20),
      223: () => setPort(port | PORT_A20),
      224: () => reply(0x00),
    };
    const writeCommand = (byte: number): void => {
      command = 0;
      lastWasCommand = true;
      if (byte >= 0x20 && byte < 0x40) reply(ram[byte & 0x1f] as number);
      else if ((byte >= 0x60 && byte < 0x80) || (byte >= 0xd1 && byte <= 0xd4)) command = byte;
      // Pulses the low bits of the output port that are zero; bit 0 is the reset line.
      else if (byte >= 0xf0) {
        if ((byte & PORT_NO_RESET) === 0) environment.request({ kind: "reset" });
      } else commands[byte]?.();
    };
    const writeData = (byte: number): void => {
      const waiting = command;
      command = 0;
      lastWasCommand = false;
      if (waiting === 0) {
        // Talking to the keyboard wakes it.
        setByteBits(0, BYTE_KEYBOARD_OFF);
        keyboard.write(byte);
      } else if (waiting === 0xd1) setPort(byte);
      else if (waiting === 0xd2) put(byte, false);
      else if (waiting === 0xd3) put(byte, true);
      else if (waiting === 0xd4) {
        setByteBits(0, BYTE_MOUSE_OFF);
        mouse.write(byte);
      } else ram[waiting & 0x1f] = byte;
    };
    const settle = (): void => {
      fill();
      update();
    };
    const clear = (): void => {
      ram.fill(0);
      ram[0] = BYTE_AT_RESET;
      output = 0;
      outputFull = false;
      outputFromMouse = false;
      replies = [];
      command = 0;
      lastWasCommand = false;
      port = PORT_AT_RESET;
      released = false;
      keyboard.reset();
      mouse.reset();
    };

    clear();
    return {
      key(key, isDown) {
        const taken = keyboard.key(key, isDown);
        settle();
        return taken;
      },
      moveMouse(dx, dy, dz, buttons) {
        mouse.move(dx, dy, dz, buttons);
        settle();
      },
      signalMouse() {
        mouse.signal();
        settle();
      },
      get leds() {
        return keyboard.leds;
      },
      read(_, __, range) {
        if (range === DATA) {
          const value = output;
          outputFull = false;
          update();
          fill();
          return value;
        }
        return (
          (outputFull ? STATUS_OUTPUT_FULL | (outputFromMouse ? STATUS_MOUSE : 0) : 0) |
          (commandByte() & STATUS_SYSTEM) |
          (lastWasCommand ? STATUS_COMMAND : 0) |
          STATUS_UNLOCKED
        );
      },
      write(_, __, value, range) {
        if (range === DATA) writeData(value & 0xff);
        else writeCommand(value & 0xff);
        settle();
        return true;
      },
      reset() {
        clear();
        update();
      },
      save: () => ({
        version: 1,
        ram: [...ram],
        ...{ output, outputFull, outputFromMouse },
        replies: [...replies],
        ...{ command, lastWasCommand, port, released },
        keyboard: keyboard.save(),
        mouse: mouse.save(),
      }),
      load(state) {
        checkVersion("i8042", state, 1);
        ram.set(state.ram.slice(0, 32));
        ({ output, outputFull, outputFromMouse, command, lastWasCommand, port, released } = state);
        replies = state.replies.slice(-MOST_REPLIES);
        keyboard.load(state.keyboard);
        mouse.load(state.mouse);
        update();
      },
    };
  },
};
