/** An image in a machine, its serial port on the terminal: what `hvm run` and `hvm create` share. */
import { basename } from "node:path";
import type { GuestImage } from "guest-loader";
import type { Machine, MachineConfig } from "hvm-machine";
import type { Io } from "../commands/command.ts";
import type { OpenDisk } from "../node/disk-image.ts";
import { release } from "../node/release.ts";
import { backdoorLine } from "./backdoor-line.ts";
import { CapturedBytes, CapturedLines, droppedField } from "./capture.ts";
import { Cast } from "./cast.ts";
import { attachConsole, type ConsoleInput } from "./console-input.ts";
import { CliError, ExitCode } from "./exit-codes.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import {
  configured,
  finishSession,
  GuestSession,
  type Outcome,
  type SessionStop,
  writeWhole,
} from "./guest-session.ts";
import { endSignals, type Host, nodeHost } from "./host.ts";
import { sessionFlags } from "./machine-flags.ts";
import { runReport } from "./run-report.ts";
import { drained, openSerial, type SerialLine } from "./serial-line.ts";
import { StatusLine } from "./status-line.ts";
import { createStyle, wantsColour } from "./terminal.ts";
import { TextWatch } from "./text-watch.ts";
import type { TraceFile } from "./trace-file.ts";
import { inOrder, parseTriggers, type Trigger, triggerNames } from "./triggers.ts";

/** Flags that say how long and how loudly an image runs. */
export const bootFlags = {
  expect: {
    kind: "text",
    value: "TEXT",
    help: "end with status 0 when COM1 has sent TEXT or the screen shows it, with 76 if the guest ends before",
  },
  trigger: {
    kind: "texts",
    value: "SECONDS:NAME",
    help: `at this time of the guest's, again for more: ${triggerNames.join(", ")}`,
  },
  screenshot: { kind: "text", value: "FILE.png", help: "a picture of the screen at the end" },
  "screenshot-at": {
    kind: "texts",
    value: "SECONDS:FILE.png",
    help: "a picture of the screen at this time of the guest's, again for more",
  },
  record: {
    kind: "text",
    value: "FILE.cast",
    help: "what COM1 sends, timed by the guest's clock, as an asciicast that terminals and pages play",
  },
  "firmware-log": { kind: "text", value: "FILE", help: "what firmware tells its developers (ports 0x402 and 0xe9)" },
  realtime: {
    kind: "boolean",
    help: "the guest's clock goes as the host's, and an idle guest lets the host sleep (default on a terminal); else its clock jumps over idle time",
  },
  report: { kind: "boolean", help: "a summary on standard error at the end (default on a terminal)" },
  calls: { kind: "switch", help: "show each backdoor access on standard error" },
  ...sessionFlags,
} as const satisfies FlagTable;

export type BootFlags = FlagValues<typeof bootFlags>;

/** What follows when a machine has ended by itself. */
export type EndAction = "destroy" | "restart";

export interface BootOptions {
  /** `run` or `create`, for messages. */
  readonly command: string;
  /** The image's or firmware's file. */
  readonly path: string;
  readonly config: Omit<MachineConfig, "disks"> & { readonly disks: readonly OpenDisk[] };
  /** What kind of image it is, for the report. */
  readonly format: string;
  /** For each start once. Undefined: the configuration has firmware. @throws CliError */
  readonly image: () => GuestImage | undefined;
  readonly flags: BootFlags;
  /** Of COM1; default: the terminal, or nowhere with --json. */
  readonly serial?: string | undefined;
  readonly onPoweroff?: EndAction | undefined;
  readonly onReboot?: EndAction | undefined;
  readonly onCrash?: EndAction | undefined;
  readonly nameSetting?: (key: string) => string;
}

/** A guest that reboots as its first act would be started for ever. */
const MAX_RESTARTS = 25;

/** Boots, runs to the end, reports. The exit status. @throws CliError */
export async function bootImage(options: BootOptions, io: Io): Promise<number> {
  const { command, flags } = options;
  const host = io.host ?? nodeHost;
  const json = flags.json === true;
  const style = createStyle(wantsColour(io.stderr, io.env));
  const status = new StatusLine(io.stderr, style, () => host.nowMs());
  const where = options.serial ?? (json ? "none" : "stdio");
  const line = await openSerial(where, io.stdout);
  if (line.place !== undefined) io.stderr.write(`hvm ${command}: COM1 is ${line.place}\n`);
  const endings = [() => status.clear(), () => line.close()];
  const atEnd = (action: () => void): void => void endings.push(action);
  try {
    const run = new BootRun(options, { io, host, line, status, isConsole: where === "stdio" && !json, atEnd });
    return await run.toEnd();
  } finally {
    for (const action of endings) action();
  }
}

interface Surroundings {
  readonly io: Io;
  readonly host: Host;
  readonly line: SerialLine;
  readonly status: StatusLine;
  /** COM1 is what standard output shows. */
  readonly isConsole: boolean;
  /** Something to do when the run is over, however it ends. */
  atEnd(action: () => void): void;
}

/** One `hvm run`: the machine, and the ones that follow it when the guest reboots. */
class BootRun {
  readonly #options: BootOptions;
  readonly #around: Surroundings;
  readonly #json: boolean;
  readonly #captured = new CapturedBytes();
  readonly #log = new CapturedLines();
  readonly #triggers: readonly Trigger[];
  readonly #watch: TextWatch | undefined;
  #isExpected = false;
  #hasLeft = false;
  #restarts = 0;
  #screenChanges = -1;
  /** Of the machines before the present one. */
  #spent = { instructions: 0, seconds: 0 };
  #input: ConsoleInput | undefined;
  #cast: Cast | undefined;

  constructor(options: BootOptions, around: Surroundings) {
    this.#options = options;
    this.#around = around;
    const { flags } = options;
    this.#json = flags.json === true;
    this.#triggers = parseTriggers(flags.trigger ?? []);
    this.#watch = flags.expect === undefined ? undefined : new TextWatch(flags.expect);
    this.#cast =
      flags.record === undefined
        ? undefined
        : new Cast({ ...CAST_SIZE, title: titleOf(options), timestamp: startSeconds(options.config) });
  }

  async toEnd(): Promise<number> {
    const { io, host } = this.#around;
    const shots = await this.#screenshots();
    let session = this.#start(undefined, inOrder([...this.#triggers, ...shots]));
    const forgetSignals = host.onSignal((signal) => session.interrupt(signal));
    const firmwareLog = await this.#firmwareLog();
    try {
      await this.#reader(session);
      for (;;) {
        const undo = firmwareLog?.(session.machine);
        this.#input = this.#connect(session);
        let stop: SessionStop;
        try {
          stop = await session.run();
        } finally {
          this.#input.close();
          undo?.();
        }
        if (!this.#restartsAfter(stop)) return await this.#finish(session, stop);
        this.#spent = {
          instructions: this.#spent.instructions + session.machine.domain.ticks,
          seconds: this.#spent.seconds + session.hostSeconds,
        };
        this.#restarts++;
        io.stderr.write(`hvm ${this.#options.command}: the guest starts again (${endOf(stop)})\n`);
        // What was to happen at a time of the first machine has happened, or never will.
        session = this.#start(session.traceFile, []);
      }
    } finally {
      forgetSignals();
    }
  }

  #start(trace: TraceFile | undefined, triggers: readonly Trigger[]): GuestSession {
    const { path, config, image, flags, nameSetting } = this.#options;
    const { io, host, line } = this.#around;
    const style = createStyle(wantsColour(io.stderr, io.env));
    const left = (limit: number | undefined, spent: number): number | undefined =>
      limit === undefined ? undefined : Math.max(0, limit - spent);
    const session = new GuestSession({
      triggers,
      config: { name: path, ...config },
      maxInstructions: left(flags["max-insns"], this.#spent.instructions),
      timeoutSeconds: left(flags.timeout, this.#spent.seconds),
      trace: trace ?? flags.trace,
      redact: flags.redact,
      logLine: (text) => (this.#json ? this.#log.add(text) : io.stderr.write(`${style.dim(text)}\n`)),
      // A person at a console lives in real time; everything else gets on.
      realTime: flags.realtime ?? (host.stdin.isTTY === true && !this.#json),
      settle: async () => {
        this.#input?.offer();
        await line.settle();
        await drained(io.stdout);
      },
      look: () => this.#look(session),
      lookEveryNs: flags.expect !== undefined && hasScreen(config) ? LOOK_EVERY_NS : undefined,
      nameSetting,
      host,
    });
    const { machine } = session;
    const output = (bytes: Uint8Array): void => {
      line.write(bytes);
      if (this.#json) this.#captured.add(bytes);
      this.#cast?.add(machine.unixTimeNs() - machine.config.startTimeNs, bytes);
      this.#watch?.add(bytes);
      if (this.#watch?.seen) machine.domain.requestStop();
    };
    machine.devices.serial.onOutput(output);
    // Xen's console and a virtio console stand beside COM1, on the same terminal.
    machine.xenConsole.onOutput(output);
    machine.devices.console?.onOutput(output);
    if (flags.calls && !this.#json)
      machine.backdoor.observe((event) => io.stderr.write(`${backdoorLine(event, style)}\n`));
    const loaded = image();
    configured(() => machine.boot(loaded), nameSetting);
    if (loaded) release(loaded.segments.map(({ bytes }) => bytes));
    return session;
  }

  /** Waits until somebody is at the line. @throws CliError when nobody comes in time */
  async #reader(session: GuestSession): Promise<void> {
    const { host, line } = this.#around;
    const { timeout } = this.#options.flags;
    if (line.ready === undefined) return;
    const come = new AbortController();
    let isLate = false;
    const waits = [line.ready, session.interrupted];
    if (timeout !== undefined)
      waits.push(
        host.sleep(timeout * 1000, come.signal).then(() => {
          isLate = !come.signal.aborted;
        }),
      );
    await Promise.race(waits);
    come.abort();
    if (isLate)
      throw new CliError(
        ExitCode.Limit,
        `nobody connected to ${line.place} within --timeout`,
        "the guest waits for its first reader, so that nothing is lost",
      );
  }

  /** Input from the terminal, or from the line's other end. */
  #connect(session: GuestSession): ConsoleInput {
    const { host, line, status } = this.#around;
    const { machine } = session;
    const take = (bytes: Uint8Array): number => {
      session.wake();
      return machine.devices.serial.input(bytes);
    };
    line.onInput((bytes) => void take(bytes));
    status.clear();
    return attachConsole(host, {
      take,
      onEscape: () => {
        this.#hasLeft = true;
        machine.domain.requestStop();
        session.wake();
      },
    });
  }

  /** Between the guest's turns. */
  #look({ machine }: GuestSession): void {
    const { status, isConsole, io } = this.#around;
    const { vga } = machine.devices;
    const { expect } = this.#options.flags;
    if (vga !== undefined && expect !== undefined && vga.changes !== this.#screenChanges) {
      this.#screenChanges = vga.changes;
      this.#isExpected ||= vga.text().join("\n").includes(expect);
      if (this.#isExpected) machine.domain.requestStop();
    }
    // A terminal that shows the guest's own output is nobody's place for more.
    if (!isConsole || io.stdout.isTTY !== true)
      status.refresh(() => {
        const seconds = (Number(machine.clock.nowNs()) / 1e9).toFixed(1);
        return `${(machine.retired / 1e6).toFixed(0)} M instructions, ${seconds} s for the guest`;
      });
  }

  #restartsAfter(stop: SessionStop): boolean {
    if (stop.kind !== "shutdown" || this.#watch?.seen || this.#isExpected || this.#hasLeft) return false;
    const { onPoweroff, onReboot, onCrash } = this.#options;
    const { reason, cause } = stop.shutdown;
    const action =
      cause !== "request" ? onCrash : reason === "reboot" ? onReboot : reason === "poweroff" ? onPoweroff : onCrash;
    return action === "restart" && this.#restarts < MAX_RESTARTS && cause !== "unimplemented-instruction";
  }

  async #screenshots(): Promise<Trigger[]> {
    const { "screenshot-at": texts = [], screenshot } = this.#options.flags;
    if (texts.length === 0 && screenshot === undefined) return [];
    const { noScreen, parseScreenshots } = await import("./screenshot.ts");
    if (!hasScreen(this.#options.config)) throw noScreen(screenshot === undefined ? "screenshot-at" : "screenshot");
    return parseScreenshots(texts);
  }

  async #firmwareLog(): Promise<((machine: Machine) => () => void) | undefined> {
    const path = this.#options.flags["firmware-log"];
    if (path === undefined) return undefined;
    const file = await openSerial(`file:${path}`, this.#around.io.stdout);
    this.#around.atEnd(() => file.close());
    return ({ devices }) => {
      const undo = [devices.firmwareLog, devices.debugcon].map((stream) =>
        stream.onOutput((bytes) => file.write(bytes)),
      );
      return () => {
        for (const one of undo) one();
      };
    };
  }

  async #finish(session: GuestSession, stop: SessionStop): Promise<number> {
    const { path, config, format, flags, command } = this.#options;
    const { io, status } = this.#around;
    status.clear();
    const seen = this.#watch?.seen === true || this.#isExpected;
    const end = this.#hasLeft ? "left" : seen ? "expected" : endOf(stop);
    const outcome = this.#hasLeft || seen ? { exitCode: ExitCode.Ok } : this.#judge(stop, session);
    const why = end === endOf(stop) && stop.kind === "shutdown" ? `${end}: ${stop.shutdown.text}` : end;
    const style = createStyle(wantsColour(io.stderr, io.env));
    if (flags.screenshot !== undefined)
      (await import("./screenshot.ts")).takeScreenshot(session.machine, flags.screenshot);
    const { record } = flags;
    if (record !== undefined) this.#cast?.write((content) => writeWhole(record, content));
    if (!this.#json && (flags.report ?? io.stderr.isTTY === true))
      io.stderr.write(`\n${runReport(session, why, style, this.#restarts)}`);
    const { machine } = session;
    const report = {
      head: { image: path, format, end },
      output: { serial: this.#captured.text("latin1"), ...droppedField("serialDropped", this.#captured) },
      tail: {
        ...(this.#restarts > 0 ? { restarts: this.#restarts } : {}),
        ...(this.#triggers.length > 0
          ? {
              triggers: this.#triggers.map(({ atNs, name, result }) => ({ seconds: Number(atNs) / 1e9, name, result })),
            }
          : {}),
        ...(machine.devices.vga === undefined ? {} : { screen: machine.devices.vga.text() }),
        tools: toolsReport(session),
        host: {
          seconds: session.hostSeconds,
          cpuSeconds: session.cpuSeconds,
          mips: machine.retired / 1e6 / Math.max(session.hostSeconds, 1e-3),
        },
        ...(config.vmportDebug === undefined ? {} : { log: this.#log.lines, ...droppedField("logDropped", this.#log) }),
      },
    };
    return finishSession(
      session,
      {
        command,
        outcome: seen ? outcome : unexpected(outcome, path, flags.expect),
        guestinfoOut: flags["guestinfo-out"],
        report: this.#json ? report : undefined,
      },
      io,
    );
  }

  #judge(stop: SessionStop, session: GuestSession): Outcome {
    const { path } = this.#options;
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
    if (stop.kind === "interrupted")
      return {
        exitCode: 128 + endSignals[stop.signal],
        message: `${path} was stopped by ${stop.signal} (${machine.retired} instructions, at ${at})`,
        hint: this.#kept(),
      };
    if (stop.kind !== "shutdown") return { exitCode: ExitCode.Ok };
    const { cause, reason, text } = stop.shutdown;
    if (this.#restarts >= MAX_RESTARTS)
      return {
        exitCode: ExitCode.Limit,
        message: `${path} was started ${MAX_RESTARTS + 1} times and ended each time (${text})`,
      };
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

  /** What an interrupted run leaves behind. */
  #kept(): string {
    const { flags, config } = this.#options;
    const files = [flags["guestinfo-out"], flags.trace, flags.screenshot, flags.record].filter(
      (file) => file !== undefined,
    );
    const disks = config.disks.map(({ access }) => access);
    const parts = [
      files.length > 0 ? `written: ${files.join(", ")}` : undefined,
      disks.includes("rw")
        ? "disks with rw hold what the guest wrote; its own caches are lost, as when the power goes"
        : undefined,
      disks.includes("snapshot")
        ? "snapshot disks: what the guest wrote is gone, the files are as they were"
        : undefined,
    ].filter((part) => part !== undefined);
    return parts.length === 0 ? "nothing was kept" : parts.join("; ");
  }
}

/** Text that a person could read on the screen is seen: nobody reads faster. */
const LOOK_EVERY_NS = 100_000_000n;

const hasScreen = ({ vga, firmware }: Pick<MachineConfig, "vga" | "firmware">): boolean =>
  vga ?? firmware !== undefined;

const CAST_SIZE = { width: 100, height: 30 };
/** 2026-01-01, where machines begin. */
const DEFAULT_START_SECONDS = 1_767_225_600;

const titleOf = ({ command, path }: BootOptions): string => `hvm ${command} ${basename(path)}`;
const startSeconds = ({ startTimeNs }: Pick<MachineConfig, "startTimeNs">): number =>
  startTimeNs === undefined ? DEFAULT_START_SECONDS : Number(startTimeNs / 1_000_000_000n);

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

/** The guest ended well, but something was expected of it before. */
function unexpected(outcome: Outcome, path: string, expected: string | undefined): Outcome {
  if (expected === undefined || outcome.exitCode !== ExitCode.Ok) return outcome;
  return {
    exitCode: ExitCode.Unexpected,
    message: `${path} ended without sending ${JSON.stringify(expected)} to COM1`,
    hint: "look at its output for the text as the guest writes it",
  };
}
