/** Settings with their origin: a configuration file, flags, or both; so that an error found later still names its place. */
import { dirname, resolve } from "node:path";
import {
  formatPlace,
  type MachineSettings,
  type Place,
  parseXlConfig,
  readWords,
  type SettingWord,
  settingRows,
  XlConfigError,
} from "xl-config";
import { CliError, ExitCode } from "./exit-codes.ts";

export interface SettingsSource {
  readonly settings: MachineSettings;
  readonly warnings: readonly string[];
  /** What the person wrote: `--memory`, or `tools.cfg:3:10: memory`. Keys are xl.cfg's. */
  name(key: string): string;
  /** A file that a setting names: those of a configuration lie beside it. */
  path(key: string, file: string): string;
  /** An error about a setting. */
  fail(key: string, message: string, hint?: string): CliError;
}

/** @throws CliError naming the flag, what was expected and what was found */
export function settingsFromFlags(command: string, words: readonly SettingWord[]): SettingsSource {
  try {
    return new Source(readWords(words), undefined, command);
  } catch (error) {
    throw asCliError(error, command);
  }
}

/** The file, then `key=value` words, then flags. @throws CliError with line and column */
export function settingsFromFile(
  command: string,
  file: string,
  text: string,
  overrides: readonly string[],
  words: readonly SettingWord[],
): SettingsSource {
  try {
    return new Source(parseXlConfig(text, { source: file, overrides, words }), file, command);
  } catch (error) {
    throw asCliError(error, command);
  }
}

function asCliError(error: unknown, command: string): unknown {
  if (!(error instanceof XlConfigError)) return error;
  // A word of the command line is its own place.
  return error.line === 0
    ? new CliError(ExitCode.Usage, error.message, `\`hvm ${command} --help\` lists what it takes`)
    : new CliError(ExitCode.BadImage, error.message, hintFor(error));
}

const hintFor = ({ code, detail }: XlConfigError): string | undefined =>
  code === "unknown-key" && !detail.includes(";")
    ? `known keys: ${settingRows.map(({ key }) => key).join(", ")}`
    : undefined;

class Source implements SettingsSource {
  readonly settings: MachineSettings;
  readonly warnings: readonly string[];
  readonly #places: ReadonlyMap<string, Place>;
  readonly #file: string | undefined;
  readonly #command: string;

  constructor(
    { settings, warnings, places }: ReturnType<typeof parseXlConfig>,
    file: string | undefined,
    command: string,
  ) {
    this.settings = settings;
    this.warnings = warnings;
    this.#places = places;
    this.#file = file;
    this.#command = command;
  }

  name(key: string): string {
    const place = this.#places.get(key);
    if (place && place.line > 0) return `${formatPlace(place)}: ${key}`;
    const flag = settingRows.find((row) => row.key === key)?.flag;
    return this.#file !== undefined && place === undefined
      ? `${this.#file}: ${key}`
      : flag === undefined
        ? key
        : `--${flag}`;
  }

  path(key: string, file: string): string {
    const place = this.#places.get(key);
    return this.#file !== undefined && place?.source === this.#file ? resolve(dirname(this.#file), file) : file;
  }

  fail(key: string, message: string, hint?: string): CliError {
    const inFile = this.#file !== undefined && this.#places.get(key)?.line !== 0;
    return new CliError(
      inFile ? ExitCode.BadImage : ExitCode.Usage,
      `${this.name(key)}: ${message}`,
      hint ?? (inFile ? undefined : `\`hvm ${this.#command} --help\` lists what it takes`),
    );
  }
}
