/** `hvm create`: a domain from an xl.cfg file, as `xl create` makes one. */
import { dirname, resolve } from "node:path";
import { loadImage } from "guest-loader";
import { bootEnvironment, type MachineConfig } from "hvm-machine";
import { parseVmportDebug } from "vmport-debug-log";
import { type MachineSettings, parseXlConfig, XlConfigError } from "xl-config";
import { bootFlags, bootImage, loaded } from "../cli/boot-image.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { configured } from "../cli/guest-session.ts";
import { readInitrd } from "../cli/initrd.ts";
import { machineFlags, readInput } from "../cli/machine-flags.ts";
import type { Command } from "./command.ts";

const { "max-insns": maxInsns, timeout, json, help, "guestinfo-out": guestinfoOut } = machineFlags;
const flags = {
  ...bootFlags,
  "guestinfo-out": guestinfoOut,
  "max-insns": maxInsns,
  timeout,
  json,
  help,
} as const satisfies FlagTable;

const usage = "hvm create FILE.cfg [key=value…] [flags]";
/** Settings that xl.cfg has and this machine does not serve yet. */
const UNSERVED = ["disk"] as const satisfies readonly (keyof MachineSettings)[];

export const create: Command = {
  help: () =>
    `${usage}\n\nkernel= names the image; a path is taken from the configuration's folder.\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("create", flags, args);
    const [path, ...overrides] = words;
    if (path === undefined) throw new CliError(ExitCode.Usage, "no configuration given", `usage: ${usage}`);
    const { settings, warnings } = read(path, overrides);
    for (const warning of warnings) io.stderr.write(`hvm create: ${warning}\n`);
    for (const name of UNSERVED)
      if (settings[name] !== undefined)
        throw new CliError(ExitCode.Usage, `${path}: ${name} is not served by this machine`, `take ${name} out`);
    const { kernel } = settings;
    if (kernel === undefined)
      throw new CliError(ExitCode.BadImage, `${path}: no kernel`, 'say which image to boot: kernel="FILE"');
    const image = resolve(dirname(path), kernel);
    const config = toMachineConfig(path, settings);
    const { root, cmdline, extra = "" } = settings;
    const bytes = readInput(image, "kernel");
    const initrd = readInitrd(settings.ramdisk === undefined ? undefined : [resolve(dirname(path), settings.ramdisk)]);
    const guest = loaded(image, () =>
      loadImage(bytes, {
        ...configured(() => bootEnvironment(config)),
        name: kernel,
        commandLine: cmdline ?? (root === undefined ? extra : `root=${root} ${extra}`.trimEnd()),
        ...(initrd ? { initrd } : {}),
      }),
    );
    const [serial] = settings.serial ?? [];
    const booting = { ...(serial === undefined ? {} : { serial }), ...given };
    return bootImage({ command: "create", path: image, config, image: guest, flags: booting }, io);
  },
};

function read(path: string, overrides: readonly string[]): ReturnType<typeof parseXlConfig> {
  try {
    return parseXlConfig(new TextDecoder().decode(readInput(path, "configuration")), { source: path, overrides });
  } catch (error) {
    if (!(error instanceof XlConfigError)) throw error;
    throw new CliError(ExitCode.BadImage, error.message);
  }
}

function toMachineConfig(path: string, settings: MachineSettings): MachineConfig {
  const { kernel, ramdisk, root, extra, cmdline, disk, serial, vmportDebug, ...common } = settings;
  const mask = vmportDebug === undefined ? undefined : parseVmportDebug(vmportDebug);
  if (mask && !mask.ok) throw new CliError(ExitCode.BadImage, `${path}: ${mask.error.message}`);
  return { ...common, ...(mask?.ok ? { vmportDebug: mask.mask } : {}) };
}
