/** From parsed values, or from the words of a command line, to the configuration object. */
import { type DiskSpec, parseDisk, parseDiskWord } from "./disk.ts";
import { formatPlace, type Place, XlConfigError, type XlConfigErrorCode } from "./errors.ts";
import { parseNumber, parseSettings, type XlString, type XlValue } from "./parse.ts";
import { fixedKeys, ignoredKeys, type SettingKind, type SettingRow, settingRows } from "./schema.ts";
import { parseVif, type VifSpec } from "./vif.ts";

/** What a setting of each kind is as a value. */
interface SettingValues {
  string: string;
  number: number;
  boolean: boolean;
  choice: string;
  /** 16 bytes. */
  uuid: Uint8Array;
  /** ns since 1970-01-01 UTC. */
  time: bigint;
  strings: readonly string[];
  disks: readonly DiskSpec[];
  vifs: readonly VifSpec[];
  switches: readonly (readonly [string, boolean])[];
  /** In the order of the text; the key `guestinfo` without that prefix. */
  pairs: Readonly<Record<string, string>>;
  "text-or-number": string;
}

type ValueOf<K extends SettingKind> = K extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : SettingValues[K["kind"]];

/**
 * What a configuration says, by the `field` of each row of {@link settingRows}; everything else is at its default. Where the machine's
 * configuration has a field of that name it is the same; files and masks are for whoever opens files and understands masks.
 */
export type MachineSettings = {
  readonly [Row in (typeof settingRows)[number] as Row["field"]]?: ValueOf<Row["type"]>;
};

export interface XlConfig {
  readonly settings: MachineSettings;
  /** Redefined keys, keys without effect: one line each, with the place. */
  readonly warnings: readonly string[];
  /** Where the value of each setting stands, by its key in xl.cfg: for errors that are found later. */
  readonly places: ReadonlyMap<string, Place>;
}

export interface XlConfigOptions {
  /** Name of the file in messages. Default `config`. */
  readonly source?: string;
  /** `key=value` after the file name, as `xl create` takes them: the same syntax, applied after the file. */
  readonly overrides?: readonly string[];
  /** Flags of a command line, applied last; see {@link readWords}. */
  readonly words?: readonly SettingWord[];
}

/** A setting as a command line has it: nothing is quoted. */
export interface SettingWord {
  readonly name: string;
  readonly text: string;
}

const GUESTINFO = /^guestinfo\.(.+)$/;

/** Reads xl.cfg text. @throws XlConfigError with line and column */
export function parseXlConfig(text: string, options: XlConfigOptions = {}): XlConfig {
  const { source = "config", overrides = [], words = [] } = options;
  const found = new Found();
  for (const { key, value, place } of [
    ...parseSettings(text, source),
    ...overrides.flatMap((override, index) => parseSettings(override, `argument ${index + 1}`)),
  ])
    found.addSetting(key, value, place);
  for (const word of words) found.addWord(word);
  return found.config();
}

/** The words of a command line alone; lists grow with each word. @throws XlConfigError that names the flag */
export const readWords = (words: readonly SettingWord[]): XlConfig => parseXlConfig("", { words });

/** The value of one setting from a word of a command line. @throws XlConfigError */
export const readSetting = (name: string, text: string): MachineSettings => readWords([{ name, text }]).settings;

/** The row of a key, a flag or an alias, the same with `-` for `_` included. */
export function findSetting(name: string): SettingRow | undefined {
  const key = name.replaceAll("-", "_");
  return rows.find((row) => row.flag === name || row.short?.includes(name) === true) ?? rowOf(key);
}

const rows: readonly SettingRow[] = settingRows;
const rowOf = (key: string): SettingRow | undefined =>
  rows.find((row) => row.key === key || row.aliases?.includes(key) === true);

/** Kinds of which a command line may have several words, each adding to what is there. */
const lists: ReadonlySet<SettingKind["kind"]> = new Set(["strings", "disks", "vifs", "switches", "pairs"]);

/** What has been set so far. */
class Found {
  readonly #fields = new Map<string, unknown>();
  readonly #places = new Map<string, Place>();
  readonly #warnings: string[] = [];

  addSetting(key: string, value: XlValue, place: Place): void {
    const variable = GUESTINFO.exec(key)?.[1];
    if (variable !== undefined) {
      this.#addPairs(rowOf("guestinfo")!, [[variable, textOf(key, value)]], value.place);
      return;
    }
    const fixed = Object.hasOwn(fixedKeys, key) ? fixedKeys[key] : undefined;
    if (fixed !== undefined) checkFixed(key, value, fixed);
    else if (ignoredKeys.has(key)) this.#warnings.push(`${formatPlace(place)}: ${key} has no effect here`);
    else {
      const row = rowOf(key);
      if (row === undefined) throw unknownKey(key, place);
      const converted = convert(key, row.type, value);
      if (row.type.kind === "pairs") this.#addPairs(row, Object.entries(converted as object), value.place);
      else {
        if (this.#fields.has(row.field))
          this.#warnings.push(`${formatPlace(place)}: ${key} is set again; the last one counts`);
        this.#set(row, converted, value.place);
      }
    }
  }

  addWord({ name, text }: SettingWord): void {
    const place: Place = { source: `--${name}`, line: 0, column: 0 };
    const row = findSetting(name);
    if (row === undefined) throw new XlConfigError("unknown-key", place, `there is no setting ${name}`);
    const { kind } = row.type;
    const old = this.#fields.get(row.field);
    if (kind === "disks") {
      const taken = new Set(((old ?? []) as readonly DiskSpec[]).map(({ vdev }) => vdev));
      const disk = parseDiskWord(text, taken);
      if (typeof disk === "string") throw new XlConfigError("bad-value", place, disk);
      if (taken.has(disk.vdev)) throw new XlConfigError("conflict", place, `vdev ${disk.vdev} is used twice`);
      this.#set(row, [...((old ?? []) as readonly DiskSpec[]), disk], place);
      return;
    }
    const converted = convert(row.key, row.type, wordValue(row.type, text, place));
    if (kind === "pairs") this.#addPairs(row, Object.entries(converted as object), place);
    else if (lists.has(kind))
      this.#set(row, [...((old ?? []) as readonly unknown[]), ...(converted as readonly unknown[])], place);
    else this.#set(row, converted, place);
  }

  config(): XlConfig {
    const settings = Object.fromEntries(this.#fields) as MachineSettings;
    checkConflicts(settings, this.#places);
    return { settings, warnings: this.#warnings, places: this.#places };
  }

  #addPairs(row: SettingRow, pairs: readonly (readonly [string, string])[], place: Place): void {
    const old = Object.entries((this.#fields.get(row.field) ?? {}) as Record<string, string>);
    this.#set(row, Object.fromEntries([...old, ...pairs]), place);
  }

  #set(row: SettingRow, value: unknown, place: Place): void {
    this.#fields.set(row.field, value);
    this.#places.set(row.key, place);
  }
}

const booleanWords: ReadonlyMap<string, string> = new Map(
  Object.entries({ yes: "1", on: "1", true: "1", no: "0", off: "0", false: "0" }),
);
const binary: Readonly<Record<string, number>> = { m: 1, M: 1, g: 1024, G: 1024 };

/** A bare word as the value that its setting wants. */
function wordValue(type: SettingKind, text: string, place: Place): XlValue {
  if (type.kind === "boolean" || type.kind === "number" || type.kind === "text-or-number") {
    const known = type.kind === "boolean" ? (booleanWords.get(text.toLowerCase()) ?? text) : text;
    const [, digits, suffix] = (type.kind === "number" && type.unit && /^(\d+(?:\.\d+)?)([mMgG])$/.exec(text)) || [];
    const value =
      digits === undefined || suffix === undefined ? parseNumber(known) : Number(digits) * (binary[suffix] ?? 1);
    if (value !== undefined && Number.isInteger(value)) return { kind: "number", value, text, place };
  }
  return { kind: "string", text, place };
}

type Convert<K extends SettingKind["kind"]> = (
  key: string,
  value: XlValue,
  type: Extract<SettingKind, { kind: K }>,
) => SettingValues[K];

const isWord = (value: XlValue): boolean => value.place.line === 0;

function show(value: XlValue): string {
  if (value.kind === "list") return "a list";
  if (value.kind === "number" && !isWord(value)) return value.text;
  return `${isWord(value) ? "" : "the string "}${JSON.stringify(value.text)}`;
}

/** A flag names itself; a key has to be named beside its place. */
function bad(code: XlConfigErrorCode, key: string, value: XlValue, detail: string): XlConfigError {
  return new XlConfigError(code, value.place, isWord(value) ? detail : `${key}: ${detail}`);
}

const wrongType = (key: string, value: XlValue, expected: string): XlConfigError =>
  bad("wrong-type", key, value, `${expected} expected, found ${show(value)}`);

const badValue = (key: string, value: XlValue, expected: string): XlConfigError =>
  bad("bad-value", key, value, `${expected} expected, found ${show(value)}`);

function textOf(key: string, value: XlValue): string {
  if (value.kind === "list") throw wrongType(key, value, "a string");
  return value.text;
}

function stringOf(key: string, value: XlValue, expected = "a string in quotes"): XlString {
  if (value.kind !== "string") throw wrongType(key, value, expected);
  return value;
}

function itemsOf(value: XlValue): readonly Exclude<XlValue, { kind: "list" }>[] {
  return value.kind === "list" ? value.items : [value];
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

const converters: { readonly [K in SettingKind["kind"]]: Convert<K> } = {
  string: (key, value) => stringOf(key, value).text,
  number(key, value, { least, most }) {
    const expected = `a number from ${least} to ${most}`;
    if (value.kind !== "number") throw wrongType(key, value, expected);
    if (value.value < least || value.value > most) throw badValue(key, value, expected);
    return value.value;
  },
  boolean(key, value, { refused }) {
    if (value.kind !== "number") throw wrongType(key, value, "0 or 1");
    if (value.value !== 0 && refused !== undefined) throw bad("bad-value", key, value, refused);
    return value.value !== 0;
  },
  choice(key, value, { choices, refused = {} }) {
    const expected = `one of ${choices.join(", ")}`;
    const { text } = stringOf(key, value, expected);
    if (choices.includes(text)) return text;
    if (Object.hasOwn(refused, text)) throw badValue(key, value, `${refused[text]}: ${expected}`);
    throw badValue(key, value, expected);
  },
  uuid(key, value) {
    const expected = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in hexadecimal";
    const { text } = stringOf(key, value, expected);
    if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) throw wrongType(key, value, expected);
    const digits = text.replaceAll("-", "");
    return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
  },
  time(key, value) {
    const expected = "a time like 2026-01-01T00:00:00Z";
    const { text } = stringOf(key, value, expected);
    // Without a zone it is UTC: a configuration means the same on every host.
    const whole = text.includes("T") && !/(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text;
    const ms = TIME.test(text) ? parseTime(whole) : Number.NaN;
    if (Number.isNaN(ms)) throw wrongType(key, value, expected);
    return BigInt(ms) * 1_000_000n;
  },
  strings: (key, value) => itemsOf(value).map((item) => stringOf(key, item).text),
  disks(key, value) {
    const disks = itemsOf(value).map((item) => {
      const disk = parseDisk(stringOf(key, item, '"target,format,vdev,access"').text);
      if (typeof disk === "string") throw bad("bad-value", key, item, disk);
      return { disk, item };
    });
    const seen = new Set<string>();
    for (const { disk, item } of disks) {
      if (seen.has(disk.vdev)) throw bad("conflict", key, item, `vdev ${disk.vdev} is used twice`);
      seen.add(disk.vdev);
    }
    return disks.map(({ disk }) => disk);
  },
  vifs: (key, value) =>
    itemsOf(value).map((item) => {
      const vif = parseVif(stringOf(key, item, '"mac=…"').text);
      if (typeof vif === "string") throw bad("bad-value", key, item, vif);
      return vif;
    }),
  switches: (key, value) =>
    itemsOf(value).flatMap((item) =>
      stringOf(key, item, '"NAME=0|1"')
        .text.split(",")
        .filter((part) => part.trim() !== "" && part.trim() !== "host")
        .map((part) => {
          const [, name, state] = /^\s*([^=]+)=([01])\s*$/.exec(part) ?? [];
          if (name === undefined) {
            const shown = part.trim().replace(/=.*$/, "");
            throw bad(
              "bad-value",
              key,
              item,
              `${shown}=0 or ${shown}=1 expected, found ${JSON.stringify(part.trim())}`,
            );
          }
          return [name, state === "1"] as const;
        }),
    ),
  pairs: (key, value) =>
    Object.fromEntries(
      itemsOf(value).map((item) => {
        const [, name, text] = (item.kind === "string" && /^([^=]+)=([\s\S]*)$/.exec(item.text)) || [];
        if (name === undefined || text === undefined)
          throw wrongType(key, item, isWord(item) ? "KEY=VALUE" : '"KEY=VALUE"');
        return [key === "guestinfo" ? name.replace(/^guestinfo\./i, "") : name, text];
      }),
    ),
  "text-or-number": textOf,
};

/** Milliseconds since 1970-01-01 UTC of a text that {@link TIME} has let through; not a number for a 13th month. */
function parseTime(text: string): number {
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", sign, zoneHour, zoneMinute] =
    /^(\d+)-(\d+)-(\d+)(?:T(\d+):(\d+)(?::(\d+)(?:\.(\d+))?)?(?:Z|([+-])(\d+):(\d+)))?$/.exec(text) ?? [];
  const numbers = [year, month, day, hour, minute, second].map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [y, m, d, h, min, s] = numbers;
  if (m < 1 || m > 12 || d < 1 || d > daysOfMonth(y, m) || h > 23 || min > 59 || s > 59) return Number.NaN;
  const zone = zoneHour === undefined ? 0 : (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === "-" ? -1 : 1);
  const ms = Number(fraction.padEnd(3, "0").slice(0, 3));
  return ((daysSince1970(y, m, d) * 24 + h) * 60 + min - zone) * 60_000 + s * 1000 + ms;
}

const isLeap = (year: number): boolean => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const daysOfMonth = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;

function daysSince1970(year: number, month: number, day: number): number {
  // Years begin in March, so that the leap day is their last; 719,468 days from 0000-03-01 to 1970-01-01.
  const shifted = month > 2 ? year : year - 1;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return (
    shifted * 365 +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    dayOfYear -
    719_468
  );
}

function convert(key: string, type: SettingKind, value: XlValue): unknown {
  return (converters[type.kind] as (key: string, value: XlValue, type: SettingKind) => unknown)(key, value, type);
}

function checkFixed(key: string, value: XlValue, fixed: string): void {
  if (value.kind === "string" && value.text === fixed) return;
  throw new XlConfigError("bad-value", value.place, `${key}: only "${fixed}" is possible here, found ${show(value)}`);
}

/** The pairs that Xen's toolstack refuses as well. */
function checkConflicts(settings: MachineSettings, places: ReadonlyMap<string, Place>): void {
  const port = settings.vmwarePort ?? (settings.vmwareHw ?? 0) !== 0;
  const pairs: readonly (readonly [boolean, string, string])[] = [
    [settings.nestedHvm === true && port, "nestedhvm", "vmware_port"],
    [settings.bios !== undefined && settings.kernel !== undefined, "bios_path_override", "kernel"],
    [settings.bios !== undefined && settings.firmwareOverride !== undefined, "bios_path_override", "firmware_override"],
    [settings.firmwareOverride !== undefined && settings.kernel !== undefined, "firmware_override", "kernel"],
  ];
  for (const [isConflict, key, other] of pairs) {
    const place = places.get(key);
    if (isConflict && place !== undefined)
      throw new XlConfigError(
        "conflict",
        place,
        `${nameAt(place, key)} and ${nameAt(place, other)} exclude each other`,
      );
  }
}

/** A setting by the name that the person at this place knows. */
const nameAt = (place: Place, key: string): string => (place.line === 0 ? `--${rowOf(key)?.flag ?? key}` : key);

/** Names the key, and the known one that it may be meant to be. */
function unknownKey(key: string, place: Place): XlConfigError {
  const candidates = [
    ...rows.flatMap((row) => [row.key, ...(row.aliases ?? [])]),
    ...ignoredKeys,
    ...Object.keys(fixedKeys),
  ];
  const close = nearestWord(key, candidates);
  return new XlConfigError("unknown-key", place, `unknown key ${key}${close === undefined ? "" : `; is it ${close}?`}`);
}

/** The known word that differs by at most two letters. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const steps = distance(word, candidate);
    if (steps < least) {
      least = steps;
      best = candidate;
    }
  }
  return best;
}

/** Levenshtein distance of two short words. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return Number.POSITIVE_INFINITY;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
