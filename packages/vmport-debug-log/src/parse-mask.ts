import { ALL_CLASSES, type LogClassRow, logClasses } from "./classes.ts";

/** Why a `vmport_debug=` value was refused. `message` is fit for a terminal. */
export interface MaskError {
  readonly code: "empty" | "unknown-class" | "bad-number" | "unknown-bits";
  /** The offending part of the text. */
  readonly part: string;
  /** Names the option takes. */
  readonly allowed: readonly string[];
  readonly message: string;
}

export type MaskResult =
  | { readonly ok: true; readonly mask: number }
  | { readonly ok: false; readonly error: MaskError };

const rows: readonly LogClassRow[] = logClasses;
const names = rows.map((row) => row.name);
const allowed: readonly string[] = ["all", "none", ...names];

/**
 * Reads a mask as people write it: `all`, `none`, a comma-separated list of class names (a leading `-` takes one away:
 * `all,-trace`), or a number in decimal, `0x` hex or `0` octal as Xen's boot parameters take it. Numbers may stand in the list.
 */
export function parseVmportDebug(text: string | number): MaskResult {
  if (typeof text === "number") return fromNumber(text, String(text));
  const parts = text.split(",").map((part) => part.trim().toLowerCase());
  if (parts.every((part) => part === "")) {
    return refuse("empty", text, `vmport_debug: no class given; use ${list()}, or a number up to ${hex(ALL_CLASSES)}`);
  }
  let mask = 0;
  for (const part of parts) {
    const without = part.startsWith("-");
    const word = without ? part.slice(1) : part;
    const one = fromWord(word);
    if (!one.ok) return one;
    mask = without ? mask & ~one.mask : mask | one.mask;
  }
  return { ok: true, mask };
}

/** The names of a mask's classes, in bit order: the inverse of {@link parseVmportDebug}. */
export function maskToNames(mask: number): readonly string[] {
  return rows.filter((row) => (mask & (1 << row.bit)) !== 0).map((row) => row.name);
}

function fromWord(word: string): MaskResult {
  if (word === "all") return { ok: true, mask: ALL_CLASSES };
  if (word === "none") return { ok: true, mask: 0 };
  if (/^[0-9]/.test(word)) {
    const octal = /^0[0-7]+$/.test(word);
    const valid = octal || /^(0x[0-9a-f]+|0|[1-9][0-9]*)$/.test(word);
    if (!valid) {
      return refuse("bad-number", word, `vmport_debug: "${word}" is no number; write 7, 0x7 or 07`);
    }
    return fromNumber(octal ? Number.parseInt(word, 8) : Number(word), word);
  }
  const bare = word.replaceAll("-", "_");
  const row = rows.find((candidate) => candidate.name === word || candidate.aliases.includes(bare));
  if (row === undefined) {
    return refuse("unknown-class", word, `vmport_debug: no class "${word}"; use ${list()}, or a number`);
  }
  return { ok: true, mask: 1 << row.bit };
}

function fromNumber(value: number, part: string): MaskResult {
  if (!Number.isInteger(value) || value < 0) {
    return refuse("bad-number", part, `vmport_debug: ${part} is not a whole number of at least 0`);
  }
  if (value > ALL_CLASSES) {
    return refuse(
      "unknown-bits",
      part,
      `vmport_debug: ${part} has bits beyond ${hex(ALL_CLASSES)}, the mask of all classes`,
    );
  }
  return { ok: true, mask: value };
}

const hex = (value: number): string => `0x${value.toString(16)}`;
const list = (): string => `${allowed.slice(0, -1).join(", ")} or ${allowed.at(-1)}`;

function refuse(code: MaskError["code"], part: string, message: string): MaskResult {
  return { ok: false, error: { code, part, allowed, message } };
}
