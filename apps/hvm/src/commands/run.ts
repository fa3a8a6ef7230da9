/** `hvm run`: boots an image, its serial port on the terminal. */
import { loadFlat, loadImage } from "guest-loader";
import { bootFlags, bootImage, loaded } from "../cli/boot-image.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { machineConfig, machineFlags, readInput } from "../cli/machine-flags.ts";
import type { Command } from "./command.ts";

const MODES = ["real", "protected", "long"] as const;

const flags = {
  append: { kind: "text", value: "TEXT", help: "command line for the image (multiboot)" },
  module: { kind: "text", value: "FILE", help: "a multiboot module" },
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
    const [path, extra] = words;
    if (path === undefined) throw new CliError(ExitCode.Usage, "no image given", `usage: ${usage}`);
    if (extra !== undefined)
      throw new CliError(ExitCode.Usage, `one image expected, found ${JSON.stringify(extra)} too`, `usage: ${usage}`);
    const { flat } = given;
    if (flat !== undefined && !(MODES as readonly string[]).includes(flat))
      throw new CliError(ExitCode.Usage, `--flat: one of ${MODES.join(", ")} expected, found ${JSON.stringify(flat)}`);
    const config = machineConfig("run", given, { memory: DEFAULT_MEMORY_MIB });
    const bytes = readInput(path, "image");
    const modulePath = given.module;
    const image = loaded(path, () =>
      flat === undefined
        ? loadImage(bytes, {
            memorySize: (config.memory ?? DEFAULT_MEMORY_MIB) * 0x10_0000,
            commandLine: given.append === undefined ? path : `${path} ${given.append}`,
            modules:
              modulePath === undefined ? [] : [{ bytes: readInput(modulePath, "module"), commandLine: modulePath }],
          })
        : loadFlat(bytes, {
            mode: flat as (typeof MODES)[number],
            address: given.address ?? (flat === "real" ? 0x7c00 : 0x10_0000),
          }),
    );

    return bootImage(
      {
        command: "run",
        path,
        config,
        image,
        json: given.json === true,
        calls: given.calls === true,
        maxInstructions: given["max-insns"],
        timeoutSeconds: given.timeout,
        guestinfoOut: given["guestinfo-out"],
      },
      io,
    );
  },
};
