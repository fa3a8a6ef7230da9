/** The settings as the tables of README.md: made from the rows that read them, so that they cannot differ. */
import { type SettingKind, type SettingRow, settingRows } from "xl-config";
import { qemuOptions } from "./qemu-options.ts";
import { valueName } from "./setting-flags.ts";

const cell = (text: string): string => text.replaceAll("|", "\\|");

const values: { readonly [K in SettingKind["kind"]]: (type: Extract<SettingKind, { kind: K }>) => string } = {
  string: () => "text",
  number: ({ least, most, unit }) => `${least}–${most}${unit === undefined ? "" : ` ${unit}`}`,
  boolean: ({ refused }) => (refused === undefined ? "0, 1" : "0"),
  choice: ({ choices }) => choices.join(", "),
  uuid: () => "UUID",
  time: () => "ISO 8601",
  strings: () => "texts",
  disks: () => "disks",
  vifs: () => "cards",
  switches: () => "NAME=0\\|1",
  pairs: () => "KEY=VALUE",
  "text-or-number": () => "mask or names",
};

const valuesOf = (type: SettingKind): string => (values[type.kind] as (type: SettingKind) => string)(type);

function settingLine(row: SettingRow): string {
  const { key, flag, type, qemu = [], own, scope, standard, help } = row;
  const flagText = type.kind === "boolean" ? `--${flag}` : `--${flag} ${valueName(row)}`;
  const cells = [
    `\`${key}\`${own ? " °" : ""}`,
    `\`${cell(flagText)}\`${scope === "domain" ? " ¹" : ""}`,
    qemu.map((option) => `\`${option}\``).join(" "),
    valuesOf(type),
    standard ?? "",
    cell(help),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Blocks of README.md by the names of their marks. */
export function settingsTables(): Readonly<Record<string, string>> {
  return {
    settings: [
      "| xl.cfg | flag | QEMU | values | default | |",
      "|---|---|---|---|---|---|",
      ...settingRows.map(settingLine),
    ].join("\n"),
    qemu: Object.keys(qemuOptions)
      .map((option) => `\`-${option}\``)
      .join(" "),
  };
}
