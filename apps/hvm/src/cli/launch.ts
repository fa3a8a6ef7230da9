/** Settings, wherever they came from, as a machine with an image in it. */
import { type GuestImage, ImageError, type ImageErrorCode, loadFlat, loadHvmLoader, loadImage } from "guest-loader";
import { bootEnvironment } from "hvm-machine";
import type { Io } from "../commands/command.ts";
import { readInput } from "../node/read-input.ts";
import { type BootFlags, bootImage } from "./boot-image.ts";
import { CliError, ExitCode } from "./exit-codes.ts";
import { configured } from "./guest-session.ts";
import { nodeHost } from "./host.ts";
import { readInitrd } from "./initrd.ts";
import { type MachineDefaults, wholeConfig } from "./machine-settings.ts";
import type { SettingsSource } from "./settings-source.ts";
import { StatusLine } from "./status-line.ts";
import { createStyle, wantsColour } from "./terminal.ts";

export const flatModes = ["real", "protected", "long"] as const;

export interface LaunchOptions {
  readonly command: string;
  readonly source: SettingsSource;
  readonly defaults: MachineDefaults;
  readonly flags: BootFlags;
  /** The image is code without a header. */
  readonly flat?: { readonly mode: (typeof flatModes)[number]; readonly address?: number | undefined } | undefined;
  /** xl's `serial="pty"` without a wish for a real one. */
  readonly isPtyTerminal?: boolean;
}

const IMAGE_EXIT: Readonly<Partial<Record<ImageErrorCode, number>>> = { "no-memory": ExitCode.NoMemory };

/** The exit status. @throws CliError */
export async function launch(options: LaunchOptions, io: Io): Promise<number> {
  const { command, source, defaults, flags, isPtyTerminal } = options;
  const { settings } = source;
  for (const warning of source.warnings) io.stderr.write(`hvm ${command}: ${warning}\n`);
  const config = wholeConfig(source, defaults);
  try {
    const nameSetting = (key: string): string => source.name(key);
    const path = fileOf(source);
    let first = settings.bios === undefined ? loadSettings(options, config, io) : undefined;
    const format = first?.format ?? "firmware";
    // Given away, not kept: a kernel with its symbols is 60 MiB. A machine that starts again reads the file again.
    const image = (): GuestImage | undefined => {
      if (settings.bios !== undefined) return undefined;
      const taken = first ?? loadSettings(options, config, io);
      first = undefined;
      return taken;
    };
    const [serial, second] = settings.serial ?? [];
    if (second !== undefined) throw source.fail("serial", `there is one serial port, COM1; found ${second} too`);
    return await bootImage(
      {
        ...{ command, path, config, format, image, flags, nameSetting },
        serial: serial === "pty" && isPtyTerminal ? undefined : serial,
        onPoweroff: settings.onPoweroff,
        onReboot: settings.onReboot,
        onCrash: settings.onCrash,
      },
      io,
    );
  } finally {
    for (const disk of config.disks) disk.close();
  }
}

/** The file that starts the machine. */
function fileOf(source: SettingsSource): string {
  const { kernel, bios, firmwareOverride } = source.settings;
  if (bios !== undefined) return source.path("bios_path_override", bios);
  if (firmwareOverride !== undefined) return source.path("firmware_override", firmwareOverride);
  return source.path("kernel", kernel!);
}

function loadSettings(
  { command, source, flat }: LaunchOptions,
  config: ReturnType<typeof wholeConfig>,
  io: Io,
): GuestImage {
  const { settings } = source;
  const path = fileOf(source);
  const host = io.host ?? nodeHost;
  const status = new StatusLine(io.stderr, createStyle(wantsColour(io.stderr, io.env)), () => host.nowMs());
  status.show(`hvm ${command}: loading ${path}`);
  try {
    const isLoader = settings.firmwareOverride !== undefined;
    const bytes = readInput(path, isLoader ? "firmware" : "image");
    const initrd = readInitrd(settings.ramdisk?.map((file) => source.path("ramdisk", file)));
    const { root, extra = "", cmdline } = settings;
    const commandLine = cmdline ?? (root === undefined ? extra : `root=${root} ${extra}`.trimEnd());
    const modules = (settings.module ?? []).map((file) => ({
      bytes: readInput(source.path("module", file), "module"),
      commandLine: file,
    }));
    const environment = configured(
      () => bootEnvironment(config),
      (key) => source.name(key),
    );
    const name = settings.kernel ?? path;
    return loaded(path, () => {
      if (isLoader) return loadHvmLoader(bytes, { ...environment, commandLine, modules });
      if (flat)
        return loadFlat(bytes, {
          mode: flat.mode,
          address: flat.address ?? (flat.mode === "real" ? 0x7c00 : 0x10_0000),
        });
      return loadImage(bytes, { ...environment, name, commandLine, modules, ...(initrd ? { initrd } : {}) });
    });
  } finally {
    status.clear();
  }
}

/** Turns an image's defects into the command line's own errors. */
function loaded<T>(path: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new CliError(
      IMAGE_EXIT[error.code] ?? ExitCode.BadImage,
      `${path}: ${error.message}`,
      error.code === "unknown-format"
        ? "a flat binary needs --flat=real|protected|long"
        : error.code === "no-memory"
          ? "give it more with --memory=MIB"
          : undefined,
    );
  }
}
