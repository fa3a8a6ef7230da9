/** An image in a machine, its serial port on the terminal: what `hvm run` and `hvm create` share. */
import { type GuestImage, ImageError, type ImageErrorCode } from "guest-loader";
import type { MachineConfig } from "hvm-machine";
import type { Io } from "../commands/command.ts";
import { backdoorLine } from "./backdoor-line.ts";
import { CliError, ExitCode } from "./exit-codes.ts";
import type { FlagTable } from "./flags.ts";
import { configured, finishSession, GuestSession, type Outcome, type SessionStop } from "./guest-session.ts";
import { createStyle, wantsColour } from "./terminal.ts";

/** Flags that say how long and how loudly an image runs. */
export const bootFlags = {
  calls: { kind: "switch", help: "show each backdoor access on standard error" },
} as const satisfies FlagTable;

export interface BootOptions {
  /** `run` or `create`, for messages. */
  readonly command: string;
  /** The image's file. */
  readonly path: string;
  readonly config: MachineConfig;
  readonly image: GuestImage;
  readonly json: boolean;
  readonly calls: boolean;
  readonly maxInstructions: number | undefined;
  readonly timeoutSeconds: number | undefined;
  readonly guestinfoOut: string | undefined;
}

const IMAGE_EXIT: Readonly<Partial<Record<ImageErrorCode, number>>> = { "no-memory": ExitCode.NoMemory };

/** Boots, runs to the end, reports. The exit status. @throws CliError */
export async function bootImage(options: BootOptions, io: Io): Promise<number> {
  const { command, path, config, image, json } = options;
  const style = createStyle(wantsColour(io.stderr, io.env));
  const log: string[] = [];
  const session = new GuestSession({
    config: { name: path, ...config },
    maxInstructions: options.maxInstructions,
    timeoutSeconds: options.timeoutSeconds,
    logLine: (line) => (json ? log.push(line) : io.stderr.write(`${style.dim(line)}\n`)),
  });
  const { machine } = session;
  const captured: Uint8Array[] = [];
  machine.devices.serial.onOutput((output) => (json ? captured.push(output.slice()) : io.stdout.write(output)));
  if (options.calls && !json) machine.backdoor.observe((event) => io.stderr.write(`${backdoorLine(event, style)}\n`));
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
  const report = {
    head: { image: path, format: image.format, end: stop.kind === "shutdown" ? stop.shutdown.cause : stop.kind },
    output: { serial: Buffer.concat(captured).toString("latin1") },
    tail: config.vmportDebug === undefined ? {} : { log },
  };
  const { guestinfoOut } = options;
  return finishSession(session, { command, outcome, guestinfoOut, report: json ? report : undefined }, io);
}

/** Turns an image's defects into the command line's own errors. */
export function loaded<T>(path: string, load: () => T): T {
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

function judge(stop: SessionStop, path: string, session: GuestSession): Outcome {
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
