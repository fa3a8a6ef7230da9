/** What a person sees: colours only on a terminal that wants them (NO_COLOR, TERM=dumb and pipes get none). */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly magenta: (text: string) => string;
  readonly cyan: (text: string) => string;
}

const CODES: Readonly<Record<keyof Style, number>> = {
  bold: 1,
  dim: 2,
  red: 31,
  green: 32,
  yellow: 33,
  blue: 34,
  magenta: 35,
  cyan: 36,
};

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Node's streams: more is queued than the reader takes at present. */
  readonly writableNeedDrain?: boolean;
  once?(event: "drain", listener: () => void): unknown;
  write(chunk: string | Uint8Array): unknown;
}

export function wantsColour(stream: OutputStream, env: Readonly<Record<string, string | undefined>>): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export function createStyle(colour: boolean): Style {
  const paint = (code: number) => (text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  return Object.fromEntries(Object.entries(CODES).map(([name, code]) => [name, paint(code)])) as unknown as Style;
}

/** Control characters of a guest's text made visible, so that no guest moves a person's cursor or sets a title. */
export function visible(text: string): string {
  return Array.from(text, (char) => {
    const code = char.charCodeAt(0);
    const control = code < 0x20 ? code !== 0x09 && code !== 0x0a : code >= 0x7f && code < 0xa0;
    return control ? `\\x${code.toString(16).padStart(2, "0")}` : char;
  }).join("");
}
