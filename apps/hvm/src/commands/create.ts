/** `hvm create`: a domain from an xl.cfg file, as `xl create` makes one. */
import { bootFlags } from "../cli/boot-image.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { launch } from "../cli/launch.ts";
import { settingFlags, settingWords } from "../cli/setting-flags.ts";
import { settingsFromFile } from "../cli/settings-source.ts";
import { readInput } from "../node/read-input.ts";
import type { Command } from "./command.ts";

const flags = { ...settingFlags, ...bootFlags } as const satisfies FlagTable;

const usage = "hvm create FILE.cfg [key=value…] [flags]";

export const create: Command = {
  help: () =>
    [
      usage,
      "kernel= names the image; a path is taken from the configuration's folder. Behind the file come settings in its own\nsyntax, then flags; the last one counts.",
      flagHelp(flags),
    ].join("\n\n"),

  async run(args, io) {
    const { flags: given, words } = parseFlags("create", flags, args);
    const [path, ...overrides] = words;
    if (path === undefined) throw new CliError(ExitCode.Usage, "no configuration given", `usage: ${usage}`);
    const text = new TextDecoder().decode(readInput(path, "configuration"));
    const source = settingsFromFile("create", path, text, overrides, settingWords(given));
    const { kernel, bios, firmwareOverride } = source.settings;
    if ((kernel ?? bios ?? firmwareOverride) === undefined)
      throw new CliError(ExitCode.BadImage, `${path}: no kernel`, 'say which image to boot: kernel="FILE"');
    // `xl create` gives every domain a pseudo-terminal, and `-c` shows it: here it is the terminal at once.
    const isPtyTerminal = given.serial === undefined;
    return launch({ command: "create", source, defaults: {}, flags: given, isPtyTerminal }, io);
  },
};
