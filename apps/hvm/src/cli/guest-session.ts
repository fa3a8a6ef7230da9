/**
 * One guest run from the command line: limits, log lines, the observers that make a report, and what is written at the end.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { ConfigError, createMachine, type Machine, type MachineConfig, type MachineStop } from "hvm-machine";
import type { BackdoorEvent } from "vmport-backdoor";
import { ALL_CLASSES, createRedactor, LogMask, type LogRecord, toConsoleLine } from "vmport-debug-log";
import type { Io } from "../commands/command.ts";
import { CliError, ExitCode } from "./exit-codes.ts";
import { type EndSignal, type Host, nodeHost } from "./host.ts";
import { Pace } from "./pace.ts";
import { createStyle, wantsColour } from "./terminal.ts";
import { TraceFile } from "./trace-file.ts";
import { pull, type Trigger } from "./triggers.ts";

/** Instructions between two looks at the host's clock. */
const SLICE = 20_000_000;
/** A moment of the guest's, in instructions and ns: enough to see whether it does anything. */
const PROBE = 1000;
/** VM entries between two looks: a guest that exits all the time must not outrun its timeout. */
const SLICE_STEPS = 200_000;
/** Calls that a report lists one by one; beyond it they are only counted. */
const MAX_LISTED = 10_000;

export interface SessionOptions {
  readonly config: MachineConfig;
  readonly maxInstructions: number | undefined;
  readonly timeoutSeconds: number | undefined;
  /** Gets the `vmport_debug` lines. */
  readonly logLine: (line: string) => void;
  /** File of --trace; an open one goes on. */
  readonly trace?: string | TraceFile | undefined;
  /** Hide secrets in log and trace. */
  readonly redact?: boolean | undefined;
  /** The guest's time does not run ahead of the host's: for a person at a console. */
  readonly realTime?: boolean;
  /** In the order of their times. */
  readonly triggers?: readonly Trigger[];
  /** Awaited between slices: lets an output drain, gives input that waits. */
  readonly settle?: () => Promise<void>;
  /** Called between slices: a look at the machine. */
  readonly look?: () => void;
  /** The guest's time between two looks at most. */
  readonly lookEveryNs?: bigint | undefined;
  /** Names a setting as the person has written it. */
  readonly nameSetting?: ((key: string) => string) | undefined;
  /** Default: Node's. */
  readonly host?: Host;
}

export interface RpcCall {
  readonly verb: string;
  readonly argument: string;
  readonly ok: boolean;
  readonly reply: string;
}

export interface BackdoorCount {
  readonly command: string;
  readonly number: number;
  readonly ring: number;
  count: number;
}

export type SessionStop =
  | MachineStop
  | { readonly kind: "limit"; readonly what: "instructions" | "seconds" }
  | { readonly kind: "interrupted"; readonly signal: EndSignal };

const utf8 = new TextDecoder();

export class GuestSession {
  readonly machine: Machine;
  readonly backdoorCounts: Map<string, BackdoorCount> = new Map();
  readonly rpcCalls: RpcCall[] = [];
  /** Of the last run. */
  hostSeconds = 0;
  /** Processor time that it took, of all threads. */
  cpuSeconds = 0;
  private readonly options: SessionOptions;
  readonly traceFile: TraceFile | undefined;
  /** Resolves when {@link interrupt} is called. */
  readonly interrupted: Promise<void>;
  #tellInterrupted: () => void = () => {};
  #interrupted: EndSignal | undefined;
  #wake = new AbortController();

  /** @throws CliError for a configuration that cannot be */
  constructor(options: SessionOptions) {
    this.options = options;
    this.interrupted = new Promise((resolve) => {
      this.#tellInterrupted = resolve;
    });
    const { config, trace } = options;
    this.machine = configured(
      () => createMachine(trace === undefined ? config : { ...config, vmportDebug: ALL_CLASSES }),
      options.nameSetting,
    );
    this.traceFile = typeof trace === "string" ? this.openTrace(trace) : trace;
    const redact = options.redact ? createRedactor() : (record: LogRecord): LogRecord => record;
    // A trace takes every class; the lines are those that were asked for.
    const lines = config.vmportDebug ?? 0;
    if (this.machine.log.mask !== 0)
      this.machine.log.addSink((original) => {
        const record = redact(original);
        this.traceFile?.add(record);
        if (lines & LogMask[record.class]) options.logLine(toConsoleLine(record));
      });
    this.machine.backdoor.observe((event) => this.count(event));
    this.machine.guestrpc.observe((event) => {
      if (event.kind === "rpci" && this.rpcCalls.length < MAX_LISTED)
        this.rpcCalls.push({
          verb: event.verb,
          argument: utf8.decode(event.argument),
          ok: event.ok,
          // Some personalities end a reply with a zero byte.
          reply: utf8.decode(event.payload).replace(/\0$/, ""),
        });
    });
  }

  private openTrace(path: string): TraceFile {
    const { name, personality, instructionsPerSecond, tscKhz } = this.machine.config;
    return new TraceFile(path, { kind: "header", version: 1, name, personality, instructionsPerSecond, tscKhz });
  }

  /** Writes the trace to its end. @throws CliError */
  closeTrace(): void {
    this.traceFile?.close();
  }

  private count(event: BackdoorEvent): void {
    const command = event.commandName ?? `command ${event.commandNumber}`;
    const key = `${event.ring} ${command}`;
    const known = this.backdoorCounts.get(key);
    if (known) known.count++;
    // A guest may try 65,536 numbers; the list stays a list that a person can read.
    else if (this.backdoorCounts.size < 512)
      this.backdoorCounts.set(key, { command, number: event.commandNumber, ring: event.ring, count: 1 });
  }

  /** Something has come for the guest: ends a sleep. */
  wake(): void {
    this.#wake.abort();
  }

  /** Ends the run as soon as the guest's present turn is over. */
  interrupt(signal: EndSignal): void {
    this.#interrupted = signal;
    this.#tellInterrupted();
    this.machine.domain.requestStop();
    this.wake();
  }

  /** Runs to the guest's end or a limit; yields to the host between slices, so that signals and input come through. */
  async run(): Promise<SessionStop> {
    const { machine, options } = this;
    const { host = nodeHost } = options;
    const started = host.nowMs();
    const cpu = process.cpuUsage();
    const deadline = options.timeoutSeconds === undefined ? undefined : started + options.timeoutSeconds * 1000;
    const pace = options.realTime ? new Pace(machine.clock, () => host.nowMs()) : undefined;
    const triggers = [...(options.triggers ?? [])];
    let left = options.maxInstructions ?? Number.POSITIVE_INFINITY;
    try {
      for (;;) {
        if (this.#interrupted !== undefined) return { kind: "interrupted", signal: this.#interrupted };
        if (left <= 0) return { kind: "limit", what: "instructions" };
        while (triggers[0] && triggers[0].atNs <= machine.clock.nowNs()) pull(triggers.shift()!, machine);
        const before = machine.domain.ticks;
        const { lookEveryNs } = options;
        const realNs = pace?.limitNs();
        const untilNs = soonest(
          realNs,
          triggers[0]?.atNs,
          lookEveryNs === undefined ? undefined : machine.clock.nowNs() + lookEveryNs,
        );
        let stop = machine.run({
          maxInstructions: Math.min(SLICE, left),
          maxSteps: SLICE_STEPS,
          ...(untilNs === undefined ? {} : { untilNs }),
        });
        // As far as real time lets it go: does it idle now, or was it only stopped?
        const isAhead = realNs !== undefined && stop.kind === "time" && machine.clock.nowNs() >= realNs;
        let isIdle = false;
        if (isAhead) {
          const reached = machine.domain.ticks;
          const probe = machine.run({ maxInstructions: PROBE, untilNs: machine.clock.nowNs() + BigInt(PROBE) });
          isIdle = machine.domain.ticks === reached;
          if (!isPause(probe)) stop = probe;
        }
        const ticks = machine.domain.ticks - before;
        left -= ticks;
        options.look?.();
        if (this.#interrupted !== undefined) return { kind: "interrupted", signal: this.#interrupted };
        if (!isPause(stop)) return stop;
        if (left <= 0) return { kind: "limit", what: "instructions" };
        if (deadline !== undefined && host.nowMs() >= deadline) return { kind: "limit", what: "seconds" };
        await options.settle?.();
        if (!isAhead) pace?.wasBusy();
        const restMs = pace !== undefined && isAhead ? pace.restMs(isIdle) : 0;
        if (restMs > 0) {
          const toDeadline = deadline === undefined ? restMs : deadline - host.nowMs();
          await host.sleep(Math.min(restMs, Math.max(0, toDeadline)), this.#wake.signal);
          if (this.#wake.signal.aborted) this.#wake = new AbortController();
        } else await new Promise<void>((resolve) => setImmediate(resolve));
      }
    } finally {
      this.hostSeconds = (host.nowMs() - started) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      this.cpuSeconds = (user + system) / 1e6;
    }
  }

  /** guestinfo variables that the guest itself set. */
  guestinfoSet(): Record<string, string | { readonly base64: string }> {
    const result: Record<string, string | { readonly base64: string }> = {};
    for (const { key, value, origin } of this.machine.guestrpc.guestinfo.list())
      if (origin === "guest") result[key] = textOrBase64(value);
    return result;
  }

  /** What every report holds. */
  report(): Record<string, unknown> {
    const { machine } = this;
    return {
      personality: machine.config.personality,
      vmwarePort: machine.config.vmwarePort,
      vmwareHw: machine.config.vmwareHw,
      tier: machine.config.tier,
      instructions: machine.retired,
      virtualTimeNs: Number(machine.unixTimeNs() - machine.config.startTimeNs),
      traceHash: machine.traceHash(),
      exits: machine.domain.exitCounts,
      backdoor: [...this.backdoorCounts.values()],
      rpci: this.rpcCalls,
      guestinfo: this.guestinfoSet(),
    };
  }
}

/** The guest goes on when it is run again. */
const isPause = ({ kind }: MachineStop): boolean => kind === "instructions" || kind === "steps" || kind === "time";

const soonest = (...times: readonly (bigint | undefined)[]): bigint | undefined =>
  times.reduce((best, time) => (best === undefined || (time !== undefined && time < best) ? time : best), undefined);

/** Names of settings that the machine's configuration and xl.cfg do not share. */
const XL_NAMES: Readonly<Record<string, string>> = { bios: "bios_path_override", vgabios: "vga_bios" };

/** Turns errors of the configuration into the command line's own; `nameSetting` says where a setting came from. */
export function configured<T>(action: () => T, nameSetting?: (key: string) => string): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ConfigError) {
      const { setting, message } = error;
      const name = nameSetting?.(XL_NAMES[setting] ?? setting) ?? setting;
      throw new CliError(
        setting === "memory" ? ExitCode.NoMemory : ExitCode.Usage,
        `${name}${message.slice(setting.length)}`,
        setting === "memory" ? "give it more with --memory=MIB" : undefined,
      );
    }
    // hvm-domain's own checks speak of flags and parameters by name.
    if (error instanceof Error && error.name === "DomainError") throw new CliError(ExitCode.Usage, error.message);
    throw error;
  }
}

function textOrBase64(bytes: Uint8Array): string | { readonly base64: string } {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") };
  }
}

/** Writes aside and renames: an interrupted run leaves the old file or the new one, never half of one. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  const aside = `${path}.${process.pid}.new`;
  try {
    const fd = openSync(aside, "w");
    try {
      writeFileSync(fd, content);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { force: true });
    throw new CliError(
      ExitCode.CannotWrite,
      `cannot write ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      "check the folder and its permissions",
    );
  }
}

/** What a run came to, for people and for the exit status. */
export interface Outcome {
  readonly exitCode: number;
  readonly message?: string;
  readonly hint?: string;
}

export interface Ending {
  /** `exec`, `run` or `create`, for messages. */
  readonly command: string;
  readonly outcome: Outcome;
  readonly guestinfoOut: string | undefined;
  /** Present with --json: the command's own part of the report, before and after the common one. */
  readonly report: { readonly head: object; readonly output: object; readonly tail: object } | undefined;
}

/** The end of every run: guestinfo to its file, then the report or the message. The exit status. @throws CliError */
export function finishSession(
  session: GuestSession,
  { command, outcome, guestinfoOut, report }: Ending,
  io: Io,
): number {
  const { exitCode, message, hint } = outcome;
  session.closeTrace();
  if (guestinfoOut !== undefined) writeWhole(guestinfoOut, `${JSON.stringify(session.guestinfoSet(), null, 2)}\n`);
  if (report) {
    const error = message === undefined ? {} : { error: message };
    const whole = { ...report.head, exitCode, ...error, ...report.output, ...session.report(), ...report.tail };
    io.stdout.write(`${JSON.stringify(whole, null, 2)}\n`);
  } else if (message !== undefined) {
    const style = createStyle(wantsColour(io.stderr, io.env));
    io.stderr.write(`${style.red(`hvm ${command}:`)} ${message}\n`);
    if (hint !== undefined) io.stderr.write(`${style.dim(hint)}\n`);
  }
  return exitCode;
}
