/** From parsed values, or from the words of a command line, to the configuration object. */
import { type DiskSpec, parseDisk } from "./disk.ts";
import { formatPlace, type Place, XlConfigError } from "./errors.ts";
import { parseNumber, parseSettings, type XlSetting, type XlValue } from "./parse.ts";
import { fixedKeys, ignoredKeys, type SettingKind, type SettingRow, settingRows } from "./schema.ts";

/**
 * What a configuration says; everything else is at its default. The fields have the names of hvm-machine's configuration;
 * kernel, ramdisk, root, extra, cmdline, disk, serial and vmportDebug are for whoever opens files and understands masks.
 */
export interface MachineSettings {
  readonly name?: string;
  /** MiB. */
  readonly memory?: number;
  readonly vcpus?: number;
  readonly kernel?: string;
  readonly ramdisk?: string;
  /** Device of the root file system, for `root=` on the command line. */
  readonly root?: string;
  readonly extra?: string;
  /** Instead of `root` and `extra`. */
  readonly cmdline?: string;
  readonly disk?: readonly DiskSpec[];
  readonly serial?: readonly string[];
  /** 16 bytes. */
  readonly uuid?: Uint8Array;
  readonly vmwarePort?: boolean;
  readonly vmwareHw?: number;
  readonly acpi?: boolean;
  readonly apic?: boolean;
  readonly hpet?: boolean;
  readonly viridian?: boolean;
  readonly nestedHvm?: boolean;
  readonly timeOffsetSeconds?: number;
  /** Without the prefix. */
  readonly guestinfo?: Readonly<Record<string, string>>;
  readonly personality?: string;
  readonly tier?: 0 | 1;
  readonly tscKhz?: number;
  readonly seed?: number;
  /** As written: a mask or names. */
  readonly vmportDebug?: string;
}

export interface XlConfig {
  readonly settings: MachineSettings;
  /** Redefined keys, keys without effect: one line each, with the place. */
  readonly warnings: readonly string[];
}

export interface XlConfigOptions {
  /** Name of the file in messages. Default `config`. */
  readonly source?: string;
  /** `key=value` after the file name, as `xl create` takes them: the same syntax, applied last. */
  readonly overrides?: readonly string[];
}

const GUESTINFO = /^guestinfo\.(.+)$/;

/** Reads xl.cfg text. @throws XlConfigError with line and column */
export function parseXlConfig(text: string, options: XlConfigOptions = {}): XlConfig {
  const { source = "config", overrides = [] } = options;
  const settings = [
    ...parseSettings(text, source),
    ...overrides.flatMap((override, index) => parseSettings(override, `argument ${index + 1}`)),
  ];
  const fields = new Map<string, unknown>();
  const places = new Map<string, Place>();
  const guestinfo = new Map<string, string>();
  const warnings: string[] = [];
  for (const { key, value, place } of settings) {
    const variable = GUESTINFO.exec(key)?.[1];
    if (variable !== undefined) {
      guestinfo.set(variable, textOf(key, value));
      continue;
    }
    const fixed = Object.hasOwn(fixedKeys, key) ? fixedKeys[key] : undefined;
    if (fixed !== undefined) checkFixed(key, value, fixed);
    else if (ignoredKeys.has(key)) warnings.push(`${formatPlace(place)}: ${key} has no effect here`);
    else {
      const row = rowOf(key);
      if (row === undefined) throw unknownKey({ key, value, place });
      const converted = convert(key, row.type, value);
      if (row.type.kind === "guestinfo") {
        for (const [name, text] of Object.entries(converted as object)) guestinfo.set(name, text);
      } else {
        if (fields.has(row.field)) warnings.push(`${formatPlace(place)}: ${key} is set again; the last one counts`);
        fields.set(row.field, converted);
        places.set(row.field, value.place);
      }
    }
  }
  if (guestinfo.size > 0) fields.set("guestinfo", Object.fromEntries(guestinfo));
  checkConflicts(Object.fromEntries(fields), places);
  return { settings: Object.fromEntries(fields), warnings };
}

/** The row of a key, an alias, or the same with `-` for `_`. */
export function findSetting(name: string): SettingRow | undefined {
  return rowOf(name.replaceAll("-", "_"));
}

/** The value of one setting from a word of a command line, where nothing is quoted. @throws XlConfigError */
export function readSetting(name: string, text: string): MachineSettings {
  const place: Place = { source: `--${name}`, line: 1, column: 1 };
  const row = findSetting(name);
  if (row === undefined) throw new XlConfigError("unknown-key", place, `there is no setting ${name}`);
  const number = parseNumber(text);
  const word = row.type.kind === "boolean" ? words.get(text.toLowerCase()) : undefined;
  const value: XlValue =
    word !== undefined
      ? { kind: "number", value: word, text, place }
      : number !== undefined && row.type.kind !== "string" && row.type.kind !== "strings"
        ? { kind: "number", value: number, text, place }
        : { kind: "string", text, place };
  return { [row.field]: convert(row.key, row.type, value) };
}

const words: ReadonlyMap<string, number> = new Map(Object.entries({ yes: 1, on: 1, true: 1, no: 0, off: 0, false: 0 }));

const rows: readonly SettingRow[] = settingRows;
const rowOf = (key: string): SettingRow | undefined =>
  rows.find((row) => row.key === key || row.aliases?.includes(key) === true);

type Convert<K extends SettingKind["kind"]> = (
  key: string,
  value: XlValue,
  type: Extract<SettingKind, { kind: K }>,
) => unknown;

const show = (value: XlValue): string =>
  value.kind === "list" ? "a list" : value.kind === "number" ? value.text : `the string ${JSON.stringify(value.text)}`;

const wrongType = (key: string, value: XlValue, expected: string): XlConfigError =>
  new XlConfigError("wrong-type", value.place, `${key}: ${expected} expected, found ${show(value)}`);

function textOf(key: string, value: XlValue): string {
  if (value.kind === "list") throw wrongType(key, value, "a string");
  return value.text;
}

function itemsOf(value: XlValue): readonly Exclude<XlValue, { kind: "list" }>[] {
  return value.kind === "list" ? value.items : [value];
}

const converters: { readonly [K in SettingKind["kind"]]: Convert<K> } = {
  string(key, value) {
    if (value.kind !== "string") throw wrongType(key, value, "a string in quotes");
    return value.text;
  },
  number(key, value, { least, most }) {
    const expected = `a number from ${least} to ${most}`;
    if (value.kind !== "number") throw wrongType(key, value, expected);
    if (value.value < least || value.value > most) {
      throw new XlConfigError("bad-value", value.place, `${key}: ${expected} expected, found ${value.text}`);
    }
    return value.value;
  },
  boolean(key, value) {
    if (value.kind !== "number") throw wrongType(key, value, "0 or 1");
    return value.value !== 0;
  },
  choice(key, value, { choices }) {
    if (value.kind !== "string") throw wrongType(key, value, `one of ${choices.join(", ")}`);
    if (choices.includes(value.text)) return value.text;
    throw new XlConfigError(
      "bad-value",
      value.place,
      `${key}: one of ${choices.join(", ")} expected, found ${show(value)}`,
    );
  },
  uuid(key, value) {
    if (value.kind === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value.text)) {
      const digits = value.text.replaceAll("-", "");
      return Uint8Array.from({ length: 16 }, (_, i) => Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16));
    }
    throw wrongType(key, value, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx in hexadecimal");
  },
  strings(key, value) {
    return itemsOf(value).map((item) => {
      if (item.kind !== "string") throw wrongType(key, item, "a string in quotes");
      return item.text;
    });
  },
  disks(key, value) {
    const disks = itemsOf(value).map((item) => {
      if (item.kind !== "string") throw wrongType(key, item, '"target,format,vdev,access"');
      const disk = parseDisk(item.text);
      if (typeof disk === "string") throw new XlConfigError("bad-value", item.place, `${key}: ${disk}`);
      return { disk, place: item.place };
    });
    const seen = new Set<string>();
    for (const { disk, place } of disks) {
      if (seen.has(disk.vdev)) throw new XlConfigError("conflict", place, `${key}: vdev ${disk.vdev} is used twice`);
      seen.add(disk.vdev);
    }
    return disks.map(({ disk }) => disk);
  },
  guestinfo(key, value) {
    return Object.fromEntries(
      itemsOf(value).map((item) => {
        const [, name, text] = (item.kind === "string" && /^(?:guestinfo\.)?([^=]+)=([\s\S]*)$/.exec(item.text)) || [];
        if (name === undefined || text === undefined) throw wrongType(key, item, '"KEY=VALUE"');
        return [name, text];
      }),
    );
  },
  "text-or-number": textOf,
};

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
    [settings.viridian === true && (settings.vmwareHw ?? 0) !== 0, "viridian", "vmware_hw"],
    [settings.nestedHvm === true && port, "nestedHvm", "vmware_port"],
  ];
  for (const [isConflict, field, other] of pairs) {
    const place = places.get(field);
    if (isConflict && place !== undefined) {
      const key = rows.find((row) => row.field === field)?.key ?? field;
      throw new XlConfigError("conflict", place, `${key} and ${other} exclude each other`);
    }
  }
}

/** Names the key, and the known one that it may be meant to be. */
function unknownKey({ key, place }: XlSetting): XlConfigError {
  const candidates = [
    ...rows.flatMap((row) => [row.key, ...(row.aliases ?? [])]),
    ...ignoredKeys,
    ...Object.keys(fixedKeys),
  ];
  const close = candidates.map((name) => ({ name, steps: distance(key, name) })).sort((a, b) => a.steps - b.steps)[0];
  const hint = close !== undefined && close.steps <= 2 ? `; is it ${close.name}?` : "";
  return new XlConfigError("unknown-key", place, `unknown key ${key}${hint}`);
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
