/** `hvm exec`: a Linux program, x86-64 or i386, at ring 3 of a fresh domain, with no kernel. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type LinuxProcess, type ProcessEnd, ProcessError, type ProcessErrorCode } from "linux-process";
import { CapturedBytes, CapturedLines, droppedField } from "../cli/capture.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { finishSession, GuestSession, type Outcome, type SessionStop } from "../cli/guest-session.ts";
import { machineConfig, machineFlags } from "../cli/machine-flags.ts";
import { createStyle, wantsColour } from "../cli/terminal.ts";
import { hostFiles } from "../node/host-files.ts";
import type { Command } from "./command.ts";

const flags = {
  root: { kind: "text", value: "DIR", help: "the program's root directory, read-only (default /)" },
  env: {
    kind: "pairs",
    value: "NAME=VALUE",
    help: "an environment variable, again for more (the host's own are not passed)",
  },
  cwd: { kind: "text", value: "DIR", help: "working directory under the root (default /)" },
  uid: {
    kind: "number",
    value: "N",
    range: [0, 65_535],
    help: "user and group of the program (default 1000; 0 is root)",
  },
  strace: { kind: "switch", help: "show each system call on standard error" },
  ...machineFlags,
} as const satisfies FlagTable;

const usage = "hvm exec [flags] -- PROGRAM [ARGUMENT…]";

const PROCESS_EXIT: Readonly<Record<ProcessErrorCode, number>> = {
  "not-found": ExitCode.NoInput,
  "not-a-file": ExitCode.NoInput,
  "not-elf": ExitCode.BadImage,
  truncated: ExitCode.BadImage,
  malformed: ExitCode.BadImage,
  "wrong-architecture": ExitCode.BadImage,
  unsupported: ExitCode.BadImage,
  "no-memory": ExitCode.NoMemory,
  "arguments-too-long": ExitCode.Usage,
  deadlock: ExitCode.Deadlock,
};

const SIGNAL_NAMES: Readonly<Record<number, string>> = {
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  15: "SIGTERM",
};
const SIGBUS = 7;
const DEFAULT_MEMORY_MIB = 256;

const hex = (value: bigint): string => `0x${value.toString(16)}`;

export const exec: Command = {
  help: () =>
    `${usage}\n\nThe program's exit status is the command's; 128 + n when signal n killed it.\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words, rest } = parseFlags("exec", flags, args);
    const [program, ...parameters] = rest ?? words;
    if (program === undefined) throw new CliError(ExitCode.Usage, "no program given", `usage: ${usage}`);
    if (rest !== undefined && words.length > 0)
      throw new CliError(ExitCode.Usage, `${JSON.stringify(words[0])} stands before --`, `usage: ${usage}`);
    const root = resolve(given.root ?? "/");
    if (!statSync(root, { throwIfNoEntry: false })?.isDirectory())
      throw new CliError(
        ExitCode.NoInput,
        `--root ${root}: no such directory`,
        "give the directory that holds usr/, lib64/ …",
      );

    const json = given.json === true;
    const captured = { stdout: new CapturedBytes(), stderr: new CapturedBytes() };
    const config = machineConfig("exec", given, { memory: DEFAULT_MEMORY_MIB });
    const errorStyle = createStyle(wantsColour(io.stderr, io.env));
    const log = new CapturedLines();
    const session = new GuestSession({
      config: { ...config, name: program },
      maxInstructions: given["max-insns"],
      timeoutSeconds: given.timeout,
      trace: given.trace,
      redact: given.redact,
      logLine: (line) => (json ? log.add(line) : io.stderr.write(`${errorStyle.dim(line)}\n`)),
    });
    const strace = new CapturedLines();
    const process = started(() =>
      session.machine.startProcess({
        files: hostFiles(root),
        path: program,
        args: [program, ...parameters],
        env: { PATH: "/usr/bin:/bin", HOME: "/", LANG: "C", ...Object.fromEntries(given.env ?? []) },
        cwd: given.cwd ?? "/",
        ...(given.uid === undefined ? {} : { uid: given.uid, gid: given.uid }),
        streams: {
          stdin: io.readStdin,
          stdout: (bytes) => (json ? captured.stdout.add(bytes) : io.stdout.write(bytes)),
          stderr: (bytes) => (json ? captured.stderr.add(bytes) : io.stderr.write(bytes)),
          terminals: {
            stdin: io.stdinIsTerminal,
            stdout: !json && io.stdout.isTTY === true,
            stderr: !json && io.stderr.isTTY === true,
          },
          terminalSize: { rows: 24, columns: io.stdout.columns ?? 80 },
        },
        ...(given.strace
          ? {
              onSyscall: (line: string) => (json ? strace.add(line) : io.stderr.write(`${errorStyle.cyan(line)}\n`)),
            }
          : {}),
      }),
    );

    const stop = await session.run();
    const outcome = (await unknownInstruction(process)) ?? judge(stop, process, session);
    const report = {
      head: { program, arguments: parameters, end: outcome.end },
      output: {
        stdout: captured.stdout.text("utf8"),
        ...droppedField("stdoutDropped", captured.stdout),
        stderr: captured.stderr.text("utf8"),
        ...droppedField("stderrDropped", captured.stderr),
      },
      tail: {
        syscalls: Object.fromEntries([...process.counts].sort(([a], [b]) => (a < b ? -1 : 1))),
        ...(given.strace ? { strace: strace.lines, ...droppedField("straceDropped", strace) } : {}),
        ...(given["vmport-debug"] === undefined ? {} : { log: log.lines, ...droppedField("logDropped", log) }),
      },
    };
    const guestinfoOut = given["guestinfo-out"];
    return finishSession(session, { command: "exec", outcome, guestinfoOut, report: json ? report : undefined }, io);
  },
};

function started(start: () => LinuxProcess): LinuxProcess {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof ProcessError)) throw error;
    const hint =
      error.code === "no-memory"
        ? "give it more with --memory=MIB"
        : error.code === "not-found"
          ? "paths are taken under --root"
          : error.code === "wrong-architecture"
            ? "hvm exec runs x86-64 and i386 programs"
            : undefined;
    throw new CliError(PROCESS_EXIT[error.code], error.message, hint);
  }
}

interface ProcessOutcome extends Outcome {
  /** How it ended, for the report. */
  readonly end: unknown;
}

const VECTOR_UD = 6;
const MAX_INSTRUCTION_BYTES = 15;
const UNDEFINED_ON_PURPOSE: readonly string[] = ["ud0", "ud1", "ud2"];

/** Killed by #UD on an instruction that exists, but not in this processor: names it. */
async function unknownInstruction(process: LinuxProcess): Promise<ProcessOutcome | undefined> {
  const { end } = process;
  if (end?.kind !== "killed" || end.fault?.vector !== VECTOR_UD) return undefined;
  const { rip } = end.fault;
  const address = Number(rip);
  // The page after the last may be missing: as many bytes as there are.
  let bytes: Uint8Array | undefined;
  for (let length = MAX_INSTRUCTION_BYTES; !bytes && length > 0; length--) bytes = process.space.read(address, length);
  if (!bytes) return undefined;
  const { decode, mnemonicNames } = await import("x86-decode");
  const { formatIntel } = await import("x86-decode/intel");
  const insn = decode(bytes, { ip: rip })[0];
  if (insn?.error !== 0 || UNDEFINED_ON_PURPOSE.includes(mnemonicNames[insn.mnemonic] ?? "")) return undefined;
  const text = formatIntel(insn);
  const code = Array.from(bytes.subarray(0, insn.length), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return {
    exitCode: ExitCode.Unimplemented,
    end: { kind: "unimplemented", text, bytes: code, rip: hex(rip) },
    message: `${process.name}: instruction not implemented: ${text} (${code}) at RIP ${hex(rip)}`,
    hint: "CPUID does not offer it; a program that asks CPUID first, as most do, takes another way",
  };
}

function judge(stop: SessionStop, process: LinuxProcess, session: GuestSession): ProcessOutcome {
  const { machine } = session;
  const end: ProcessEnd | undefined = process.end;
  if (end?.kind === "exited") return { exitCode: end.status, end };
  if (end?.kind === "killed") {
    const { signal, fault } = end;
    const name = SIGNAL_NAMES[signal] ?? `signal ${signal}`;
    const why = fault ? ` (vector ${fault.vector} at ${hex(fault.rip)}, address ${hex(fault.address)})` : "";
    const starved = signal === SIGBUS && process.space.freeBytes === 0;
    return {
      exitCode: starved ? ExitCode.NoMemory : 128 + signal,
      end: {
        kind: "killed",
        signal,
        name,
        ...(fault
          ? {
              vector: fault.vector,
              errorCode: Number(fault.errorCode),
              rip: hex(fault.rip),
              address: hex(fault.address),
            }
          : {}),
      },
      message: starved
        ? `${process.name} needs more than the ${machine.config.memory} MiB of memory it was given`
        : `${process.name} was killed by ${name}${why}`,
      ...(starved ? { hint: "give it more with --memory=MIB" } : {}),
    };
  }
  if (end?.kind === "deadlock")
    return {
      exitCode: ExitCode.Deadlock,
      end,
      message: `${process.name} waits for ever: ${end.what}`,
      hint: "its own threads run here; a program that needs other processes belongs into `hvm run`",
    };
  if (stop.kind === "limit") {
    const limit = stop.what === "instructions" ? "--max-insns" : "--timeout";
    return {
      exitCode: ExitCode.Limit,
      end: stop,
      message: `${process.name} did not end within ${limit} (${machine.retired} instructions, at RIP ${hex(machine.vcpus[0]!.rip)})`,
      hint: "raise the limit, or look where it loops with --strace",
    };
  }
  if (stop.kind === "shutdown") {
    const { cause, text } = stop.shutdown;
    const unimplemented = cause === "unimplemented-instruction";
    return {
      exitCode: unimplemented
        ? ExitCode.Unimplemented
        : cause === "triple-fault"
          ? ExitCode.TripleFault
          : ExitCode.Internal,
      end: { kind: "stopped", cause },
      message: `${process.name}: ${text}`,
      hint: unimplemented
        ? "please report it: the processor should know this instruction"
        : "please report it: no user program can do this to a domain",
    };
  }
  return {
    exitCode: ExitCode.Internal,
    end: { kind: stop.kind },
    message: `${process.name} stopped: ${stop.kind}`,
    hint: "please report it",
  };
}
