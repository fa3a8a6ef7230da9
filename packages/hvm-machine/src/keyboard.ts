/**
 * Hands on the keyboard: keys and text for the guest, typed one after the other in virtual time, because a keyboard holds 16 bytes.
 *
 * The text's layout is that of US keyboards (ANSI INCITS 154), which PC firmware assumes.
 */

/** What types: the i8042 fits. */
export interface Keys {
  /** A name as in the W3C's KeyboardEvent.code. False: there is no such key, or nobody listens. */
  key(key: string, isDown: boolean): boolean;
}

export interface TypistState {
  readonly version: 1;
  readonly waiting: readonly (readonly [key: string, isDown: boolean])[];
  readonly nextNs: bigint;
}

export interface TypistTimer {
  arm(atNs: bigint): void;
  disarm(): void;
}

/** Between two movements: 50 keys a second, as a barcode reader types. */
const STEP_NS = 10_000_000n;
/** A page of text. */
const MOST_WAITING = 16_384;

const shifted = "ShiftLeft";
const unshiftedSigns: Readonly<Record<string, string>> = {
  ...{ " ": "Space", "\n": "Enter", "\t": "Tab", "\u001b": "Escape", "\b": "Backspace", "`": "Backquote" },
  ...{ "-": "Minus", "=": "Equal", "[": "BracketLeft", "]": "BracketRight", "\\": "Backslash" },
  ...{ ";": "Semicolon", "'": "Quote", ",": "Comma", ".": "Period", "/": "Slash" },
};
const shiftedSigns: Readonly<Record<string, string>> = {
  ...{ "~": "Backquote", _: "Minus", "+": "Equal", "{": "BracketLeft", "}": "BracketRight", "|": "Backslash" },
  ...{ ":": "Semicolon", '"': "Quote", "<": "Comma", ">": "Period", "?": "Slash" },
  ...Object.fromEntries([...")!@#$%^&*("].map((sign, digit) => [sign, `Digit${digit}`])),
};

/** The key that a character stands on, and whether shift is held; undefined for one that US keyboards do not have. */
function keyOf(character: string): { readonly key: string; readonly shift: boolean } | undefined {
  if (/^[a-z]$/.test(character)) return { key: `Key${character.toUpperCase()}`, shift: false };
  if (/^[A-Z]$/.test(character)) return { key: `Key${character}`, shift: true };
  if (/^\d$/.test(character)) return { key: `Digit${character}`, shift: false };
  const plain = unshiftedSigns[character];
  if (plain !== undefined) return { key: plain, shift: false };
  const high = shiftedSigns[character];
  return high === undefined ? undefined : { key: high, shift: true };
}

export class Typist {
  readonly #keys: Keys;
  readonly #nowNs: () => bigint;
  readonly #timer: TypistTimer;
  #waiting: (readonly [key: string, isDown: boolean])[] = [];
  #nextNs = 0n;

  constructor(keys: Keys, nowNs: () => bigint, createTimer: (callback: () => void) => TypistTimer) {
    this.#keys = keys;
    this.#nowNs = nowNs;
    this.#timer = createTimer(() => this.#step());
  }

  /** A key pressed and released, with others held (`["ControlLeft", "AltLeft"]`). False when too much waits already. */
  sendKey(key: string, held: readonly string[] = []): boolean {
    return this.#add([
      ...held.map((one) => [one, true] as const),
      [key, true],
      [key, false],
      ...[...held].reverse().map((one) => [one, false] as const),
    ]);
  }

  /** Characters typed, as far as US keyboards have them; returns how many were taken, fewer when too much waits already. */
  sendText(text: string): number {
    let taken = 0;
    for (const character of text) {
      const found = keyOf(character);
      if (found === undefined || !this.sendKey(found.key, found.shift ? [shifted] : [])) return taken;
      taken++;
    }
    return taken;
  }

  reset(): void {
    this.#waiting = [];
    this.#timer.disarm();
  }

  save(): TypistState {
    return { version: 1, waiting: this.#waiting.map((one) => [...one] as const), nextNs: this.#nextNs };
  }

  load(state: TypistState): void {
    if (state.version !== 1) throw new RangeError(`keyboard state has version ${String(state.version)}; expected 1`);
    this.#waiting = state.waiting.slice(0, MOST_WAITING).map((one) => [...one] as const);
    this.#nextNs = state.nextNs;
    if (this.#waiting.length > 0) this.#timer.arm(this.#nextNs);
    else this.#timer.disarm();
  }

  #add(movements: readonly (readonly [string, boolean])[]): boolean {
    if (this.#waiting.length + movements.length > MOST_WAITING) return false;
    const isIdle = this.#waiting.length === 0;
    this.#waiting.push(...movements);
    if (isIdle) this.#schedule();
    return true;
  }

  #schedule(): void {
    this.#nextNs = this.#nowNs() + STEP_NS;
    this.#timer.arm(this.#nextNs);
  }

  #step(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#keys.key(next[0], next[1]);
    if (this.#waiting.length > 0) this.#schedule();
  }
}
