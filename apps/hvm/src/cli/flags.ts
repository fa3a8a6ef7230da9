/** Flags as rows: one row says how a flag is written, what it takes, and what its help says. */
import { CliError, ExitCode } from "./exit-codes.ts";

export type FlagKind = "switch" | "text" | "texts" | "number" | "boolean" | "pairs";

export interface FlagRow {
  readonly kind: FlagKind;
  /** What its value is called in the help. */
  readonly value?: string;
  readonly help: string;
  /** number: the range allowed. */
  readonly range?: readonly [number, number];
  /** number: what a suffix stands for; default powers of 1000. `mib`: M and G of binary size, in MiB. */
  readonly units?: "mib";
  readonly aliases?: readonly string[];
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
      const near = nearest(spelling, [...names.keys()]);
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
      (row.kind === "boolean" && (next === undefined || !/^(0|1|true|false|on|off|yes|no)$/.test(next))
        ? "1"
        : args[++i]);
    if (text === undefined) throw usage(`--${name} needs a value: --${name}=${row.value ?? "VALUE"}`, command);
    if (row.kind === "text") flags[name] = text;
    else if (row.kind === "texts") flags[name] = [...((flags[name] as string[] | undefined) ?? []), text];
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

function parseBoolean(name: string, text: string, command: string): boolean {
  if (/^(1|true|on|yes)$/.test(text)) return true;
  if (/^(0|false|off|no)$/.test(text)) return false;
  throw usage(`--${name}: 0 or 1 expected, found ${JSON.stringify(text)}`, command);
}

const SUFFIX: Readonly<Record<string, number>> = { "": 1, k: 1e3, K: 1e3, m: 1e6, M: 1e6, g: 1e9, G: 1e9 };
const MIB_SUFFIX: Readonly<Record<string, number>> = { "": 1, m: 1, M: 1, g: 1024, G: 1024 };

function parseNumber(name: string, row: FlagRow, text: string, command: string): number {
  const match = /^(0x[0-9a-fA-F]+|[0-9]+(?:\.[0-9]+)?)([kKmMgG]?)$/.exec(text);
  const [low, high] = row.range ?? [0, Number.MAX_SAFE_INTEGER];
  const suffixes = row.units === "mib" ? MIB_SUFFIX : SUFFIX;
  const value = match ? Number(match[1]) * (suffixes[match[2]!] ?? Number.NaN) : Number.NaN;
  if (!(value >= low && value <= high))
    throw usage(`--${name}: a number from ${low} to ${high} expected, found ${JSON.stringify(text)}`, command);
  return value;
}

/** The known word that differs by at most two letters. */
function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
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

/** The flags as help lines. */
export function flagHelp(table: FlagTable): string {
  const rows = Object.entries(table).map(([name, row]) => {
    const value = row.kind === "switch" ? "" : row.kind === "boolean" ? "=0|1" : `=${row.value ?? "VALUE"}`;
    return [`  --${name}${value}`, row.help] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`).join("\n");
}
