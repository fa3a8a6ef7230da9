/** Flags as rows: one row says how a flag is written, what it takes, and what its help says. */
import { nearestWord, type SettingRow } from "xl-config";
import { CliError, ExitCode } from "./exit-codes.ts";

/** `setting`: a row of xl-config's table; its words are kept as they are for whoever reads settings. */
export type FlagKind = "switch" | "text" | "texts" | "number" | "boolean" | "pairs" | "setting";

export interface FlagRow {
  readonly kind: FlagKind;
  /** What its value is called in the help. */
  readonly value?: string;
  readonly help: string;
  /** number: the range allowed. */
  readonly range?: readonly [number, number];
  readonly aliases?: readonly string[];
  /** setting: its row. */
  readonly setting?: SettingRow;
}

export type FlagTable = Readonly<Record<string, FlagRow>>;

interface Values {
  switch: true;
  text: string;
  /** Given again for more. */
  texts: readonly string[];
  number: number;
  boolean: boolean;
  pairs: readonly (readonly [string, string])[];
  /** As given, in their order. */
  setting: readonly string[];
}

export type FlagValues<T extends FlagTable> = { readonly [K in keyof T]?: Values[T[K]["kind"]] };

export interface Parsed<T extends FlagTable> {
  readonly flags: FlagValues<T>;
  /** Words that are not flags. */
  readonly words: readonly string[];
  /** Everything behind `--`. */
  readonly rest: readonly string[] | undefined;
}

const usage = (message: string, command: string): CliError =>
  new CliError(ExitCode.Usage, message, `\`hvm ${command} --help\` lists what it takes`);

/** @throws CliError naming the flag, what was expected and what was found */
export function parseFlags<T extends FlagTable>(command: string, table: T, args: readonly string[]): Parsed<T> {
  const flags: Record<string, unknown> = {};
  const words: string[] = [];
  const names = new Map<string, string>();
  for (const [name, row] of Object.entries(table))
    for (const spelling of [name, ...(row.aliases ?? [])]) names.set(spelling, name);
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") return { flags: flags as FlagValues<T>, words, rest: args.slice(i + 1) };
    if (!arg.startsWith("-") || arg === "-") {
      words.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const spelling = arg.replace(/^--?/, "").split("=", 1)[0]!;
    const name = names.get(spelling);
    if (name === undefined) {
      const near = nearestWord(spelling, [...names.keys()]);
      throw usage(`unknown flag --${spelling}${near ? `; did you mean --${near}?` : ""}`, command);
    }
    const row = table[name]!;
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    if (row.kind === "switch") {
      if (inline !== undefined) throw usage(`--${name} takes no value, found ${JSON.stringify(inline)}`, command);
      flags[name] = true;
      continue;
    }
    const next = args[i + 1];
    // A boolean flag may stand alone; every other one needs its value.
    const text =
      inline ??
      (isBoolean(row) && (next === undefined || !/^(0|1|true|false|on|off|yes|no)$/.test(next)) ? "1" : args[++i]);
    if (text === undefined) throw usage(`--${name} needs a value: --${name}=${row.value ?? "VALUE"}`, command);
    if (row.kind === "text") flags[name] = text;
    else if (row.kind === "texts" || row.kind === "setting")
      flags[name] = [...((flags[name] as string[] | undefined) ?? []), text];
    else if (row.kind === "boolean") flags[name] = parseBoolean(name, text, command);
    else if (row.kind === "number") flags[name] = parseNumber(name, row, text, command);
    else {
      const at = text.indexOf("=");
      if (at <= 0) throw usage(`--${name}: KEY=VALUE expected, found ${JSON.stringify(text)}`, command);
      flags[name] = [
        ...((flags[name] as [string, string][] | undefined) ?? []),
        [text.slice(0, at), text.slice(at + 1)],
      ];
    }
  }
  return { flags: flags as FlagValues<T>, words, rest: undefined };
}

const isBoolean = ({ kind, setting }: FlagRow): boolean => kind === "boolean" || setting?.type.kind === "boolean";

function parseBoolean(name: string, text: string, command: string): boolean {
  if (/^(1|true|on|yes)$/.test(text)) return true;
  if (/^(0|false|off|no)$/.test(text)) return false;
  throw usage(`--${name}: 0 or 1 expected, found ${JSON.stringify(text)}`, command);
}

const SUFFIX: Readonly<Record<string, number>> = { "": 1, k: 1e3, K: 1e3, m: 1e6, M: 1e6, g: 1e9, G: 1e9 };
function parseNumber(name: string, row: FlagRow, text: string, command: string): number {
  const match = /^(0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)([kKmMgG]?)$/.exec(text);
  const [low, high] = row.range ?? [0, Number.MAX_SAFE_INTEGER];
  const value = match ? Number(match[1]) * (SUFFIX[match[2]!] ?? Number.NaN) : Number.NaN;
  if (!(value >= low && value <= high))
    throw usage(`--${name}: a number from ${low} to ${high} expected, found ${JSON.stringify(text)}`, command);
  return value;
}

/** The one file that a command takes, from the words beside its flags. @throws CliError unless there is exactly one */
export function oneFile(words: readonly string[], usage: string): string {
  const [path, extra] = words;
  if (path !== undefined && extra === undefined) return path;
  throw new CliError(
    ExitCode.Usage,
    path === undefined ? "no file given" : `one file expected, found ${JSON.stringify(extra)} too`,
    `usage: ${usage}`,
  );
}

/** Every spelling of the flags, and whether the word behind it is its value. */
export function flagSpellings(table: FlagTable): Map<string, boolean> {
  const spellings = new Map<string, boolean>();
  for (const [name, row] of Object.entries(table))
    for (const spelling of [name, ...(row.aliases ?? [])])
      spellings.set(spelling, row.kind !== "switch" && !isBoolean(row));
  return spellings;
}

/** The flags as help lines. */
export function flagHelp(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, row]) => {
    const value = row.kind === "switch" ? "" : isBoolean(row) ? "=0|1" : `=${row.value ?? "VALUE"}`;
    return [`  --${name}${value}`, row.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join("\n");
}
