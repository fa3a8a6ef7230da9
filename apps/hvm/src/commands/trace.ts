/** `hvm trace`: what --trace recorded, as a table, a summary, a histogram, or in the form of another tool. */
import {
  encodePerfetto,
  encodeXentrace,
  type LogRecord,
  logClasses,
  parseJsonLine,
  toJsonLine,
  xentraceFormats,
} from "vmport-debug-log";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, type FlagValues, flagHelp, oneFile, parseFlags } from "../cli/flags.ts";
import { writeWhole } from "../cli/guest-session.ts";
import { createStyle, wantsColour } from "../cli/terminal.ts";
import type { TraceHeader } from "../cli/trace-file.ts";
import { histogramText, summaryText, tableText } from "../cli/trace-view.ts";
import { readInput } from "../node/read-input.ts";
import type { Command } from "./command.ts";

const EXPORTS = ["perfetto", "xentrace", "formats", "json"] as const;

const flags = {
  class: { kind: "text", value: "NAMES", help: `only these classes: ${logClasses.map(({ name }) => name).join(", ")}` },
  command: { kind: "text", value: "NAMES", help: "only these backdoor commands, by name or number" },
  verb: { kind: "text", value: "NAMES", help: "only calls with these RPC verbs" },
  channel: { kind: "number", value: "N", help: "only this message channel" },
  vcpu: { kind: "number", value: "N", help: "only this vCPU" },
  from: { kind: "number", value: "N", help: "from this instruction on (k, M, G understood)" },
  to: { kind: "number", value: "N", help: "up to this instruction" },
  failed: {
    kind: "switch",
    help: "only what went wrong: unknown commands, no magic, faults given back, calls answered 0",
  },
  limit: { kind: "number", value: "N", help: "rows of the table (default 1000; 0 for all)" },
  summary: { kind: "switch", help: "per command, verb and outcome: how often, how often in vain, instructions apart" },
  histogram: { kind: "switch", help: "guest instructions between calls, and from request to answer" },
  export: { kind: "text", value: EXPORTS.join("|"), help: "the records for ui.perfetto.dev, xentrace_format or jq" },
  out: { kind: "text", value: "FILE", help: "where --export writes (default standard output)" },
  json: { kind: "switch", help: "summary or histogram as JSON" },
  help: { kind: "switch", aliases: ["h"], help: "this text" },
} as const satisfies FlagTable;

type Given = FlagValues<typeof flags>;

const usage = "hvm trace FILE [flags]";
const DEFAULT_ROWS = 1000;
/** A file of --trace ends long before; what is larger is something else. */
const MAX_BYTES = 2 ** 30;

export const trace: Command = {
  help: () => `${usage}\n\nFILE comes from --trace of exec, run or create.\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("trace", flags, args);
    const path = oneFile(words, usage);
    const what = given.export;
    if (what !== undefined && !(EXPORTS as readonly string[]).includes(what))
      throw new CliError(
        ExitCode.Usage,
        `--export: one of ${EXPORTS.join(", ")} expected, found ${JSON.stringify(what)}`,
      );
    if (given.out !== undefined && what === undefined)
      throw new CliError(ExitCode.Usage, "--out without --export", "say what to write: --export=perfetto");

    const file = readTrace(path, readInput(path, "trace"));
    const records = file.records.filter(filterOf(given, file.header));
    const style = createStyle(wantsColour(io.stdout, io.env));
    if (what !== undefined) {
      const bytes = exported(what as (typeof EXPORTS)[number], records, file.header);
      if (given.out === undefined) io.stdout.write(bytes);
      else writeWhole(given.out, bytes);
      return ExitCode.Ok;
    }
    const rate = file.header.instructionsPerSecond;
    if (given.summary) io.stdout.write(summaryText(records, rate, given.json === true, style));
    if (given.histogram) io.stdout.write(histogramText(records, rate, given.json === true, style));
    if (!given.summary && !given.histogram) {
      const rows = given.limit ?? DEFAULT_ROWS;
      io.stdout.write(tableText(records, rate, rows === 0 ? Number.POSITIVE_INFINITY : rows, style));
    }
    if (file.dropped > 0)
      io.stderr.write(`${style.yellow(`the recording was full: ${file.dropped} more records were not kept`)}\n`);
    return ExitCode.Ok;
  },
};

export interface Trace {
  readonly header: TraceHeader;
  readonly records: readonly LogRecord[];
  /** Records that did not fit. */
  readonly dropped: number;
}

/** @throws CliError naming the line */
export function readTrace(path: string, bytes: Uint8Array): Trace {
  const broken = (line: number, what: string): CliError =>
    new CliError(
      ExitCode.BadImage,
      `${path}: line ${line}: ${what}`,
      "a file of --trace is expected: JSON, one record a line",
    );
  if (bytes.length > MAX_BYTES) throw broken(1, `${bytes.length} bytes; at most ${MAX_BYTES}`);
  const lines = new TextDecoder().decode(bytes).split("\n");
  const header = headerOf(lines[0] ?? "");
  if (header === undefined) throw broken(1, "no header of a trace");
  const records: LogRecord[] = [];
  let dropped = 0;
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line === "") continue;
    if (line.startsWith('{"kind":"end"')) {
      dropped = Number((JSON.parse(line) as { dropped?: unknown }).dropped) || 0;
      continue;
    }
    const parsed = parseJsonLine(line);
    if (!parsed.ok) {
      // An interrupted run ends in half a line.
      if (index === lines.length - 1) break;
      throw broken(index + 1, parsed.message);
    }
    records.push(parsed.record);
  }
  return { header, records, dropped };
}

function headerOf(line: string): TraceHeader | undefined {
  try {
    const header = JSON.parse(line) as Partial<TraceHeader>;
    const known = header.kind === "header" && header.version === 1;
    return known && typeof header.instructionsPerSecond === "number" && typeof header.tscKhz === "number"
      ? (header as TraceHeader)
      : undefined;
  } catch {
    return undefined;
  }
}

/** @throws CliError for a class that does not exist */
function filterOf(given: Given, header: TraceHeader): (record: LogRecord) => boolean {
  const list = (text: string | undefined): readonly string[] | undefined => text?.split(",").map((part) => part.trim());
  const classes = list(given.class);
  const names: readonly string[] = logClasses.map(({ name }) => name);
  for (const name of classes ?? [])
    if (!names.includes(name))
      throw new CliError(ExitCode.Usage, `--class: ${names.join(", ")} expected, found ${JSON.stringify(name)}`);
  const commands = list(given.command)?.map((name) => name.toUpperCase());
  const verbs = list(given.verb);
  const nsPerInstruction = 1e9 / header.instructionsPerSecond;
  const fromNs = BigInt(Math.round((given.from ?? 0) * nsPerInstruction));
  const toNs = given.to === undefined ? undefined : BigInt(Math.round(given.to * nsPerInstruction));
  return (record) => {
    if (record.atNs < fromNs || (toNs !== undefined && record.atNs > toNs)) return false;
    if (classes !== undefined && !classes.includes(record.class)) return false;
    if (given.vcpu !== undefined && record.vcpuId !== given.vcpu) return false;
    if (commands !== undefined) {
      if (record.kind !== "access") return false;
      if (!commands.includes(record.commandName ?? "") && !commands.includes(String(record.command))) return false;
    }
    if (verbs !== undefined && (record.kind !== "rpc" || !verbs.includes(record.verb))) return false;
    if (given.channel !== undefined && (!("channel" in record) || record.channel !== given.channel)) return false;
    return given.failed !== true || isFailure(record);
  };
}

const isFailure = (record: LogRecord): boolean =>
  record.class === "error" ||
  (record.kind === "gp" && record.outcome !== "handled") ||
  (record.kind === "rpc" && !record.ok) ||
  (record.kind === "channel" && (record.event === "refused" || record.event === "bad-cookie"));

function exported(what: (typeof EXPORTS)[number], records: readonly LogRecord[], header: TraceHeader): Uint8Array {
  const encoder = new TextEncoder();
  if (what === "perfetto") return encodePerfetto(records);
  if (what === "xentrace") return encodeXentrace(records, { tscKhz: header.tscKhz });
  return encoder.encode(
    what === "formats" ? xentraceFormats() : records.map((record) => `${toJsonLine(record)}\n`).join(""),
  );
}
