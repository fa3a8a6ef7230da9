/** `hvm create`: a domain from an xl.cfg file, as `xl create` makes one. */
import { dirname, resolve } from "node:path";
import { loadImage } from "guest-loader";
import { bootEnvironment, type MachineConfig } from "hvm-machine";
import { parseVmportDebug } from "vmport-debug-log";
import { type DiskSpec, type MachineSettings, parseXlConfig, XlConfigError } from "xl-config";
import { bootFlags, bootImage, loaded } from "../cli/boot-image.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { configured } from "../cli/guest-session.ts";
import { readInitrd } from "../cli/initrd.ts";
import { machineFlags, readInput } from "../cli/machine-flags.ts";
import { type OpenDisk, openDisk } from "../node/disk-image.ts";
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
export const create: Command = {
  help: () =>
    `${usage}\n\nkernel= names the image; a path is taken from the configuration's folder.\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("create", flags, args);
    const [path, ...overrides] = words;
    if (path === undefined) throw new CliError(ExitCode.Usage, "no configuration given", `usage: ${usage}`);
    const { settings, warnings } = read(path, overrides);
    for (const warning of warnings) io.stderr.write(`hvm create: ${warning}\n`);
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
    const disks = openAll(path, settings.disk ?? []);
    try {
      return await bootImage(
        { command: "create", path: image, config: { ...config, disks }, image: guest, flags: booting },
        io,
      );
    } finally {
      for (const disk of disks) disk.close();
    }
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

/** Disks in the order of their names; an empty CD drive is none. */
function openAll(path: string, disks: readonly DiskSpec[]): OpenDisk[] {
  return [...disks]
    .sort((a, b) => (a.vdev < b.vdev ? -1 : 1))
    .flatMap(({ target, format, vdev, access }) => {
      if (target === undefined) return [];
      if (format !== "raw")
        throw new CliError(
          ExitCode.BadImage,
          `${path}: disk ${vdev}: format ${format} is not served by this machine`,
          "convert the image: qemu-img convert -O raw",
        );
      return [openDisk(resolve(dirname(path), target), access)];
    });
}

function toMachineConfig(path: string, settings: MachineSettings): MachineConfig {
  const { kernel, ramdisk, root, extra, cmdline, disk, serial, vmportDebug, ...common } = settings;
  const mask = vmportDebug === undefined ? undefined : parseVmportDebug(vmportDebug);
  if (mask && !mask.ok) throw new CliError(ExitCode.BadImage, `${path}: ${mask.error.message}`);
  return { ...common, ...(mask?.ok ? { vmportDebug: mask.mask } : {}) };
}
