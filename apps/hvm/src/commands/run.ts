/** `hvm run`: boots an image, its serial port on the terminal. */
import { loadFlat, loadImage } from "guest-loader";
import { bootEnvironment } from "hvm-machine";
import { bootFlags, bootImage, loaded } from "../cli/boot-image.ts";
import { openDisks } from "../cli/disks.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { configured } from "../cli/guest-session.ts";
import { readInitrd } from "../cli/initrd.ts";
import { machineConfig, machineFlags, readInput } from "../cli/machine-flags.ts";
import type { Command } from "./command.ts";

const MODES = ["real", "protected", "long"] as const;

const flags = {
  kernel: { kind: "text", value: "IMAGE", help: "the image, as a flag" },
  initrd: {
    kind: "texts",
    value: "FILE|DIR",
    aliases: ["ramdisk"],
    help: "Linux' initial file system, again for more; a folder is packed as it is",
  },
  disk: {
    kind: "texts",
    value: "FILE[,ro|rw|snapshot]",
    help: "a raw image as virtio disk, again for more; snapshot (default) leaves the file as it is",
  },
  append: { kind: "text", value: "TEXT", aliases: ["extra"], help: "command line for the image" },
  module: { kind: "texts", value: "FILE", help: "a module for the image (multiboot, PVH), again for more" },
  acpi: { kind: "boolean", help: "ACPI's tables and fixed hardware (default on)" },
  apic: { kind: "boolean", help: "local APICs and an I/O APIC (default on)" },
  hpet: { kind: "boolean", help: "the high precision event timer (default on)" },
  vcpus: { kind: "number", value: "N", range: [1, 8], aliases: ["smp"], help: "virtual processors (default 1)" },
  flat: { kind: "text", value: "real|protected|long", help: "the image is a flat binary, entered in this mode" },
  address: {
    kind: "number",
    value: "ADDR",
    help: "load address of a flat binary (default 0x7c00 real, 0x100000 else)",
  },
  ...bootFlags,
  ...machineFlags,
} as const satisfies FlagTable;

const usage = "hvm run IMAGE [flags]";
const DEFAULT_MEMORY_MIB = 64;

export const run: Command = {
  help: () =>
    `${usage}\n\nThe image's own marks say what it is. Serial port COM1 is standard output and input.\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("run", flags, args);
    const images = [...(given.kernel === undefined ? [] : [given.kernel]), ...words];
    const [path, extra] = images;
    if (path === undefined) throw new CliError(ExitCode.Usage, "no image given", `usage: ${usage}`);
    if (extra !== undefined)
      throw new CliError(ExitCode.Usage, `one image expected, found ${JSON.stringify(extra)} too`, `usage: ${usage}`);
    const { flat } = given;
    if (flat !== undefined && !(MODES as readonly string[]).includes(flat))
      throw new CliError(ExitCode.Usage, `--flat: one of ${MODES.join(", ")} expected, found ${JSON.stringify(flat)}`);
    const disks = openDisks(given.disk ?? []);
    const config = {
      ...machineConfig("run", given, { memory: DEFAULT_MEMORY_MIB }),
      ...(given.vcpus === undefined ? {} : { vcpus: given.vcpus }),
      acpi: given.acpi ?? true,
      apic: given.apic ?? true,
      hpet: given.hpet ?? true,
      disks,
    };
    const bytes = readInput(path, "image");
    const initrd = readInitrd(given.initrd);
    const image = loaded(path, () =>
      flat === undefined
        ? loadImage(bytes, {
            ...configured(() => bootEnvironment(config)),
            name: path,
            commandLine: given.append ?? "",
            modules: (given.module ?? []).map((file) => ({ bytes: readInput(file, "module"), commandLine: file })),
            ...(initrd ? { initrd } : {}),
          })
        : loadFlat(bytes, {
            mode: flat as (typeof MODES)[number],
            address: given.address ?? (flat === "real" ? 0x7c00 : 0x10_0000),
          }),
    );
    try {
      return await bootImage({ command: "run", path, config, image, flags: given }, io);
    } finally {
      for (const disk of disks) disk.close();
    }
  },
};
