/** `hvm run`: boots an image, its serial port on the terminal. */
import { bootFlags } from "../cli/boot-image.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, flagSpellings, parseFlags } from "../cli/flags.ts";
import { flatModes, launch } from "../cli/launch.ts";
import { DEFAULT_HARDWARE } from "../cli/machine-flags.ts";
import { translateQemu } from "../cli/qemu-options.ts";
import { settingFlags, settingWords } from "../cli/setting-flags.ts";
import { settingsFromFlags } from "../cli/settings-source.ts";
import type { Command } from "./command.ts";

export const runFlags = {
  ...settingFlags,
  flat: { kind: "text", value: flatModes.join("|"), help: "the image is a flat binary, entered in this mode" },
  address: {
    kind: "number",
    value: "ADDR",
    help: "load address of a flat binary (default 0x7c00 real, 0x100000 else)",
  },
  ...bootFlags,
} as const satisfies FlagTable;

const usage = "hvm run IMAGE [flags]";
const DEFAULT_MEMORY_MIB = 64;

const isMode = (text: string): text is (typeof flatModes)[number] => (flatModes as readonly string[]).includes(text);

export const run: Command = {
  help: () =>
    [
      usage,
      "The image's own marks say what it is. Serial port COM1 is standard output and input; Ctrl-] leaves.",
      flagHelp(runFlags),
      "QEMU's options are understood as well: -kernel, -initrd, -append, -m, -smp, -drive, -serial, -bios and their kin.",
    ].join("\n\n"),

  async run(args, io) {
    const { args: own, notes } = translateQemu("run", args, flagSpellings(runFlags));
    for (const note of notes) io.stderr.write(`hvm run: ${note}\n`);
    const { flags: given, words } = parseFlags("run", runFlags, own);
    const source = settingsFromFlags("run", [
      ...settingWords(given),
      ...words.map((text) => ({ name: "kernel", text })),
    ]);
    const { kernel, bios, firmwareOverride } = source.settings;
    const images = [...(given.kernel ?? []), ...words];
    if (images.length > 1)
      throw new CliError(
        ExitCode.Usage,
        `one image expected, found ${JSON.stringify(images[1])} too`,
        `usage: ${usage}`,
      );
    if ((kernel ?? bios ?? firmwareOverride) === undefined)
      throw new CliError(ExitCode.Usage, "no image given", `usage: ${usage}`);
    const { flat } = given;
    if (flat !== undefined && !isMode(flat))
      throw new CliError(
        ExitCode.Usage,
        `--flat: one of ${flatModes.join(", ")} expected, found ${JSON.stringify(flat)}`,
      );
    return launch(
      {
        command: "run",
        source,
        defaults: { memory: DEFAULT_MEMORY_MIB, vmwareHw: DEFAULT_HARDWARE },
        flags: given,
        flat: flat === undefined ? undefined : { mode: flat, address: given.address },
      },
      io,
    );
  },
};
