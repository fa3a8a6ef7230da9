/** An image in a machine, its serial port on the terminal: what `hvm run` and `hvm create` share. */
import { type GuestImage, ImageError, type ImageErrorCode } from "guest-loader";
import type { MachineConfig } from "hvm-machine";
import type { Io } from "../commands/command.ts";
import { backdoorLine } from "./backdoor-line.ts";
import { CapturedBytes, CapturedLines, droppedField } from "./capture.ts";
import { attachConsole } from "./console-input.ts";
import { CliError, ExitCode } from "./exit-codes.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { configured, finishSession, GuestSession, type Outcome, type SessionStop } from "./guest-session.ts";
import { runReport } from "./run-report.ts";
import { openSerial, TextWatch } from "./serial-sink.ts";
import { createStyle, type OutputStream, wantsColour } from "./terminal.ts";
import { parseTriggers, triggerNames } from "./triggers.ts";

/** Flags that say how long and how loudly an image runs. */
export const bootFlags = {
  serial: { kind: "text", value: "stdio|null|FILE", help: "where COM1's output goes (default stdio)" },
  expect: {
    kind: "text",
    value: "TEXT",
    help: "end with status 0 when COM1 has sent TEXT, with 76 if the guest ends before",
  },
  trigger: {
    kind: "texts",
    value: "SECONDS:NAME",
    help: `at this time of the guest's, again for more: ${triggerNames.join(", ")}`,
  },
  report: { kind: "boolean", help: "a summary on standard error at the end (default on a terminal)" },
  calls: { kind: "switch", help: "show each backdoor access on standard error" },
} as const satisfies FlagTable;

/** Flags of every command that boots, as they were given. */
export type BootFlags = FlagValues<typeof bootFlags> &
  FlagValues<{
    readonly json: { readonly kind: "switch"; readonly help: string };
    readonly "max-insns": { readonly kind: "number"; readonly help: string };
    readonly timeout: { readonly kind: "number"; readonly help: string };
    readonly "guestinfo-out": { readonly kind: "text"; readonly help: string };
    readonly trace: { readonly kind: "text"; readonly help: string };
    readonly redact: { readonly kind: "switch"; readonly help: string };
  }>;

export interface BootOptions {
  /** `run` or `create`, for messages. */
  readonly command: string;
  /** The image's file. */
  readonly path: string;
  readonly config: MachineConfig;
  readonly image: GuestImage;
  readonly flags: BootFlags;
}

const IMAGE_EXIT: Readonly<Partial<Record<ImageErrorCode, number>>> = { "no-memory": ExitCode.NoMemory };

/** Boots, runs to the end, reports. The exit status. @throws CliError */
export async function bootImage({ command, path, config, image, flags }: BootOptions, io: Io): Promise<number> {
  const json = flags.json === true;
  const style = createStyle(wantsColour(io.stderr, io.env));
  const log = new CapturedLines();
  const triggers = parseTriggers(flags.trigger ?? []);
  const session = new GuestSession({
    triggers,
    config: { name: path, ...config },
    maxInstructions: flags["max-insns"],
    timeoutSeconds: flags.timeout,
    trace: flags.trace,
    redact: flags.redact,
    logLine: (line) => (json ? log.add(line) : io.stderr.write(`${style.dim(line)}\n`)),
    // A person at a console lives in real time; everything else gets on.
    realTime: process.stdin.isTTY === true && !json,
    settle: () => drained(io.stdout),
  });
  const { machine } = session;
  const sink = openSerial(flags.serial ?? (json ? "null" : "stdio"), io.stdout);
  const captured = new CapturedBytes();
  const watch = flags.expect === undefined ? undefined : new TextWatch(flags.expect);
  machine.devices.serial.onOutput((output) => {
    sink.write(output);
    if (json) captured.add(output);
    watch?.add(output);
    if (watch?.seen) machine.domain.requestStop();
  });
  if (flags.calls && !json) machine.backdoor.observe((event) => io.stderr.write(`${backdoorLine(event, style)}\n`));
  configured(() => machine.boot(image));

  let left = false;
  const console = attachConsole(process.stdin, {
    onBytes: (bytes) => void machine.devices.serial.input(bytes),
    onEscape() {
      left = true;
      machine.domain.requestStop();
    },
  });
  let stop: SessionStop;
  try {
    stop = await session.run();
  } finally {
    console.close();
    sink.close();
  }

  const seen = watch?.seen === true;
  const end = left ? "left" : seen ? "expected" : endOf(stop);
  const outcome: Outcome = left || seen ? { exitCode: ExitCode.Ok } : judge(stop, path, session);
  const why = !left && !seen && stop.kind === "shutdown" ? `${end}: ${stop.shutdown.text}` : end;
  if (!json && (flags.report ?? io.stderr.isTTY === true)) io.stderr.write(`\n${runReport(session, why, style)}`);
  const report = {
    head: { image: path, format: image.format, end },
    output: { serial: captured.text("latin1"), ...droppedField("serialDropped", captured) },
    tail: {
      ...(triggers.length > 0
        ? { triggers: triggers.map(({ atNs, name, result }) => ({ seconds: Number(atNs) / 1e9, name, result })) }
        : {}),
      tools: toolsReport(session),
      host: { seconds: session.hostSeconds, mips: machine.retired / 1e6 / Math.max(session.hostSeconds, 1e-3) },
      ...(config.vmportDebug === undefined ? {} : { log: log.lines, ...droppedField("logDropped", log) }),
    },
  };
  return finishSession(
    session,
    {
      command,
      outcome: seen ? outcome : unexpected(outcome, path, flags.expect),
      guestinfoOut: flags["guestinfo-out"],
      report: json ? report : undefined,
    },
    io,
  );
}

/** One word: how the run came to its end. A shutdown that somebody asked for is told by what it was to be. */
function endOf(stop: SessionStop): string {
  if (stop.kind !== "shutdown") return stop.kind;
  return stop.shutdown.cause === "request" ? stop.shutdown.reason : stop.shutdown.cause;
}

/** What the guest's tools told of themselves and of the guest. */
function toolsReport({ machine }: GuestSession): object {
  const { tools, apps } = machine.guestrpc;
  return { apps, ...(JSON.parse(JSON.stringify(tools, plain)) as object) };
}

const plain = (_: string, value: unknown): unknown =>
  value instanceof Map
    ? Object.fromEntries(value)
    : value instanceof Uint8Array
      ? Buffer.from(value).toString("utf8")
      : value;

/** Waits for a reader that is slower than the guest, so that a guest that floods its line fills no memory. */
async function drained(stream: OutputStream): Promise<void> {
  if (stream.writableNeedDrain) await new Promise<void>((resolve) => void stream.once?.("drain", resolve));
}

/** The guest ended well, but something was expected of it before. */
function unexpected(outcome: Outcome, path: string, expected: string | undefined): Outcome {
  if (expected === undefined || outcome.exitCode !== ExitCode.Ok) return outcome;
  return {
    exitCode: ExitCode.Unexpected,
    message: `${path} ended without sending ${JSON.stringify(expected)} to COM1`,
    hint: "look at its output for the text as the guest writes it",
  };
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
