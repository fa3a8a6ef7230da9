/** `hvm run`: boots an image, its serial port on the terminal. */
import { ImageError, type ImageErrorCode, loadFlat, loadImage } from "guest-loader";
import { backdoorLine } from "../cli/backdoor-line.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { configured, GuestSession, type SessionStop, writeWhole } from "../cli/guest-session.ts";
import { machineConfig, machineFlags, readInput } from "../cli/machine-flags.ts";
import { createStyle, wantsColour } from "../cli/terminal.ts";
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
  calls: { kind: "switch", help: "show each backdoor access on standard error" },
  ...machineFlags,
} as const satisfies FlagTable;

const usage = "hvm run IMAGE [flags]";
const DEFAULT_MEMORY_MIB = 64;
const IMAGE_EXIT: Readonly<Partial<Record<ImageErrorCode, number>>> = { "no-memory": ExitCode.NoMemory };

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

    const json = given.json === true;
    const style = createStyle(wantsColour(io.stderr, io.env));
    const log: string[] = [];
    const session = new GuestSession({
      config: { ...config, name: path },
      maxInstructions: given["max-insns"],
      timeoutSeconds: given.timeout,
      logLine: (line) => (json ? log.push(line) : io.stderr.write(`${style.dim(line)}\n`)),
    });
    const { machine } = session;
    const captured: Uint8Array[] = [];
    machine.devices.serial.onOutput((output) => (json ? captured.push(output.slice()) : io.stdout.write(output)));
    if (given.calls && !json) machine.backdoor.observe((event) => io.stderr.write(`${backdoorLine(event, style)}\n`));
    configured(() => machine.boot(image));

    const feed = (chunk: Uint8Array): void => void machine.devices.serial.input(chunk);
    process.stdin.on("data", feed);
    let stop: SessionStop;
    try {
      stop = await session.run();
    } finally {
      process.stdin.off("data", feed);
      process.stdin.pause();
    }

    const outcome = judge(stop, path, session);
    const out = given["guestinfo-out"];
    if (out !== undefined) writeWhole(out, `${JSON.stringify(session.guestinfoSet(), null, 2)}\n`);
    if (json) {
      const report = {
        image: path,
        format: image.format,
        end: stop.kind === "shutdown" ? stop.shutdown.cause : stop.kind,
        exitCode: outcome.exitCode,
        ...(outcome.message === undefined ? {} : { error: outcome.message }),
        serial: Buffer.concat(captured).toString("latin1"),
        ...session.report(),
        ...(given["vmport-debug"] === undefined ? {} : { log }),
      };
      io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    } else if (outcome.message !== undefined) {
      io.stderr.write(`${style.red("hvm run:")} ${outcome.message}\n`);
      if (outcome.hint !== undefined) io.stderr.write(`${style.dim(outcome.hint)}\n`);
    }
    return outcome.exitCode;
  },
};

function loaded<T>(path: string, load: () => T): T {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new CliError(
      IMAGE_EXIT[error.code] ?? ExitCode.BadImage,
      `${path}: ${error.message}`,
      error.code === "unknown-format" ? "a flat binary needs --flat=real|protected|long" : undefined,
    );
  }
}

function judge(
  stop: SessionStop,
  path: string,
  session: GuestSession,
): { exitCode: number; message?: string; hint?: string } {
  const { machine } = session;
  const at = `RIP 0x${machine.vcpus[0]!.rip.toString(16)}`;
  if (stop.kind === "limit") {
    const flag = stop.what === "instructions" ? "--max-insns" : "--timeout";
    return {
      exitCode: ExitCode.Limit,
      message: `${path} did not end within ${flag} (${machine.retired} instructions, at ${at})`,
      hint: "raise the limit, or see what it does with --calls or --vmport-debug=all",
    };
  }
  if (stop.kind !== "shutdown") return { exitCode: ExitCode.Ok };
  const { cause, reason, text } = stop.shutdown;
  if (cause === "unimplemented-instruction")
    return {
      exitCode: ExitCode.Unimplemented,
      message: `${path}: ${text}`,
      hint: "please report it: the processor should know this instruction",
    };
  if (cause === "triple-fault")
    return {
      exitCode: ExitCode.TripleFault,
      message: `${path}: ${text}`,
      hint: "an exception found no handler: look at the guest's IDT, stack and page tables",
    };
  if (reason === "crash") return { exitCode: ExitCode.BadImage, message: `${path}: ${text}` };
  return { exitCode: machine.devices.exitStatus ?? ExitCode.Ok };
}
