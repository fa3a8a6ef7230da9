/**
 * The syntax of xl.cfg: KEY = VALUE, separated by newlines or semicolons; strings, numbers, lists; comments with #.
 *
 * Sources: Xen `docs/man/xl.cfg.pod.5` (syntax), `tools/libxl/libxlu_cfg_l.l` and `libxlu_cfg_y.y` (tokens, escapes, lists).
 */
import { type Place, XlConfigError } from "./errors.ts";

export interface XlString {
  readonly kind: "string";
  readonly text: string;
  readonly place: Place;
}
export interface XlNumber {
  readonly kind: "number";
  readonly value: number;
  /** As written. */
  readonly text: string;
  readonly place: Place;
}
export interface XlList {
  readonly kind: "list";
  readonly items: readonly (XlString | XlNumber)[];
  readonly place: Place;
}
export type XlValue = XlString | XlNumber | XlList;

export interface XlSetting {
  readonly key: string;
  readonly value: XlValue;
  /** Of the key. */
  readonly place: Place;
}

/** Longest text that is read, in characters. */
export const MAX_CONFIG_CHARACTERS = 1_048_576;

const BLANK = /[ \t\r]+/y;
const COMMENT = /#[^\n]*/y;
/** xl's identifiers, and dots for guestinfo.* keys. */
const KEY = /[A-Za-z_][A-Za-z0-9_.-]*/y;
const NUMBER = /[0-9][0-9A-Za-z]*/y;
const escapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "'": "'",
  '"': '"',
  "\\": "\\",
};

/** All settings in order, later ones of the same key included. `source` names the text in errors. @throws XlConfigError */
export function parseSettings(text: string, source = "config"): XlSetting[] {
  return new Parser(text, source).settings();
}

class Parser {
  readonly #text: string;
  readonly #source: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(text: string, source: string) {
    this.#text = text;
    this.#source = source;
    if (text.length > MAX_CONFIG_CHARACTERS) {
      throw this.#error(`the text has ${text.length} characters; at most ${MAX_CONFIG_CHARACTERS} are read`);
    }
  }

  settings(): XlSetting[] {
    const found: XlSetting[] = [];
    for (;;) {
      this.#skip(true);
      while (this.#take(";")) this.#skip(true);
      if (this.#at >= this.#text.length) return found;
      found.push(this.#setting());
      this.#skip(false);
      if (this.#at < this.#text.length && this.#peek() !== "\n" && this.#peek() !== ";") {
        throw this.#error(`end of line or ";" expected after the value, found ${this.#show()}`);
      }
    }
  }

  #setting(): XlSetting {
    const place = this.#place();
    const key = this.#match(KEY);
    if (key === undefined) throw this.#error(`a key expected, found ${this.#show()}`);
    this.#skip(false);
    if (!this.#take("=")) throw this.#error(`"=" expected after ${key}, found ${this.#show()}`);
    this.#skip(false);
    return { key, value: this.#value(), place };
  }

  #value(): XlValue {
    if (this.#peek() !== "[") return this.#atom();
    const place = this.#place();
    this.#take("[");
    const items: (XlString | XlNumber)[] = [];
    for (;;) {
      this.#skip(true);
      if (this.#take("]")) return { kind: "list", items, place };
      if (this.#peek() === "[") throw this.#error("a list inside a list is not allowed");
      items.push(this.#atom());
      this.#skip(true);
      if (!this.#take(",") && this.#peek() !== "]") throw this.#error(`"," or "]" expected, found ${this.#show()}`);
    }
  }

  #atom(): XlString | XlNumber {
    const place = this.#place();
    const quote = this.#peek();
    if (quote === "'" || quote === '"') return { kind: "string", text: this.#string(quote), place };
    const text = this.#match(NUMBER);
    if (text === undefined) {
      throw this.#error(`a value expected ("text", 'text', number or [list]), found ${this.#show()}`);
    }
    const value = parseNumber(text);
    if (value === undefined) {
      throw new XlConfigError("syntax", place, `a number expected (decimal, 0octal or 0xhex), found ${text}`);
    }
    return { kind: "number", value, text, place };
  }

  #string(quote: string): string {
    const start = this.#place();
    this.#take(quote);
    let result = "";
    for (;;) {
      const char = this.#peek();
      if (char === "" || char === "\n") {
        throw new XlConfigError("syntax", start, `the string that begins here is not closed by ${quote} on this line`);
      }
      if (char === "\\") result += this.#escape();
      else {
        this.#at++;
        if (char === quote) return result;
        result += char;
      }
    }
  }

  #escape(): string {
    const hex = /\\x([0-9A-Fa-f]{2})/y;
    const octal = /\\([0-7]{1,3})/y;
    const place = this.#place();
    for (const [pattern, radix] of [
      [hex, 16],
      [octal, 8],
    ] as const) {
      const matched = this.#match(pattern);
      if (matched !== undefined)
        return String.fromCharCode(Number.parseInt(matched.replace(/^\\x?/, ""), radix) & 0xff);
    }
    const char = this.#text[this.#at + 1] ?? "";
    const plain = escapes[char];
    if (plain === undefined) throw new XlConfigError("syntax", place, `unknown escape ${JSON.stringify(`\\${char}`)}`);
    this.#at += 2;
    return plain;
  }

  #skip(lines: boolean): void {
    for (;;) {
      if (this.#match(BLANK) !== undefined || this.#match(COMMENT) !== undefined) continue;
      if (!lines || this.#peek() !== "\n") return;
      this.#at++;
      this.#line++;
      this.#lineStart = this.#at;
    }
  }

  #peek(): string {
    return this.#text[this.#at] ?? "";
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #place(): Place {
    return { source: this.#source, line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #show(): string {
    const rest = /[^\s;,\]]{1,20}|./y;
    rest.lastIndex = this.#at;
    const found = rest.exec(this.#text)?.[0];
    return found === undefined ? "the end of the line" : JSON.stringify(found);
  }

  #error(detail: string): XlConfigError {
    return new XlConfigError("syntax", this.#place(), detail);
  }
}

/** Decimal, 0octal or 0xhex, up to 2^53 - 1. */
export function parseNumber(text: string): number | undefined {
  const form = /^(?:0[xX](?<hex>[0-9A-Fa-f]+)|0(?<octal>[0-7]*)|(?<decimal>[1-9][0-9]*))$/.exec(text)?.groups;
  if (form === undefined) return undefined;
  const { hex, octal, decimal } = form;
  const value =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : decimal !== undefined
        ? Number(decimal)
        : Number.parseInt(octal || "0", 8);
  return Number.isSafeInteger(value) ? value : undefined;
}
