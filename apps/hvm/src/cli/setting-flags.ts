/** The machine's settings as flags: the same rows that xl.cfg is read by. */
import { type SettingKind, type SettingRow, type SettingWord, settingRows } from "xl-config";
import type { FlagRow, FlagTable } from "./flags.ts";

type Row = (typeof settingRows)[number];

interface SettingFlag extends FlagRow {
  readonly kind: "setting";
  readonly setting: SettingRow;
}

/** What a help text calls a value, where a row does not say. */
const valueNames: { readonly [K in SettingKind["kind"]]?: (type: Extract<SettingKind, { kind: K }>) => string } = {
  number: () => "N",
  choice: ({ choices }) => choices.join("|"),
  pairs: () => "KEY=VALUE",
  switches: () => "NAME=0|1",
  string: () => "TEXT",
};

export const valueName = ({ value, type }: SettingRow): string =>
  value ?? (valueNames[type.kind] as ((type: SettingKind) => string) | undefined)?.(type) ?? type.kind.toUpperCase();

/** Everything else that a flag may be called: the key of xl.cfg and its aliases, with `_` and with `-`. */
function aliasesOf({ key, flag, aliases = [], short = [] }: SettingRow): readonly string[] {
  const spellings = [key, ...aliases].flatMap((name) => [name.replaceAll("_", "-"), name]);
  return [...new Set([...spellings, ...short])].filter((name) => name !== flag);
}

function choicesHelp({ type, value }: SettingRow): string {
  return type.kind === "choice" && value !== undefined ? `: ${type.choices.join(", ")}` : "";
}

const flagOf = (row: SettingRow): SettingFlag => ({
  kind: "setting",
  setting: row,
  value: valueName(row),
  help: `${row.help}${choicesHelp(row)}${row.standard === undefined ? "" : ` (default: ${row.standard})`}`,
  aliases: aliasesOf(row),
});

const flagsOf = (rows: readonly SettingRow[]): FlagTable =>
  Object.fromEntries(rows.map((row) => [row.flag, flagOf(row)]));

/** Of a whole machine. */
export const settingFlags = flagsOf(settingRows) as { readonly [F in Row["flag"]]: SettingFlag };

/** Those that mean something to a program without a kernel too. */
export const domainFlags = flagsOf(
  (settingRows as readonly SettingRow[]).filter(({ scope }) => scope === "domain"),
) as {
  readonly [F in Extract<Row, { scope: "domain" }>["flag"]]: SettingFlag;
};

/** The words that were given for settings. */
export function settingWords(given: Readonly<Record<string, unknown>>): SettingWord[] {
  return settingRows.flatMap(({ flag }) =>
    ((given[flag] ?? []) as readonly string[]).map((text) => ({ name: flag, text })),
  );
}
