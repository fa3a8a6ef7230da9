/** `hvm conformance`: the suite of vmport-conformance against the personalities here, or against what another hypervisor printed. */
import { loadMultiboot } from "guest-loader";
import { createMachine, personalityNames } from "hvm-machine";
import {
  buildConformanceImage,
  type CaseResult,
  createMatrix,
  formatMatrix,
  formatResults,
  type HostName,
  hostNames,
  type MatrixColumn,
  parseResults,
  surprises,
} from "vmport-conformance";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { writeWhole } from "../cli/guest-session.ts";
import { createStyle, wantsColour } from "../cli/terminal.ts";
import { readInput } from "../node/read-input.ts";
import type { Command } from "./command.ts";

const flags = {
  personality: {
    kind: "text",
    value: "NAMES",
    help: `boot the image under these: ${personalityNames.join(", ")}, or all (default vmware)`,
  },
  tier: { kind: "number", value: "0|1", range: [0, 1], help: "engine: 0 plain TypeScript, 1 WebAssembly (default)" },
  image: { kind: "text", value: "FILE", help: "write the guest image (floppy, disk or multiboot) and end" },
  results: { kind: "text", value: "FILE", help: "judge what the image printed on another hypervisor's COM1" },
  expect: { kind: "text", value: "HOST", help: `--results are of this kind of host: ${hostNames.join(", ")}` },
  cases: { kind: "switch", help: "every case's line (TAP)" },
  markdown: { kind: "switch", help: "a table of hosts and cases" },
  json: { kind: "switch", help: "the matrix as JSON" },
  help: { kind: "switch", aliases: ["h"], help: "this text" },
} as const satisfies FlagTable;

const usage = "hvm conformance [flags]";
const MEMORY_MIB = 16;
/** The suite takes under a million; each access to the serial port is charged a microsecond, a thousand of them. */
const MAX_INSTRUCTIONS = 2_000_000_000;

const isHost = (name: string): name is HostName => (hostNames as readonly string[]).includes(name);

export const conformance: Command = {
  help: () =>
    `${usage}\n\nStatus 0 if every case came out as the sources say of that host, 76 if not.\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given, words } = parseFlags("conformance", flags, args);
    const wrong = (message: string) => new CliError(ExitCode.Usage, message, `usage: ${usage}`);
    if (words[0] !== undefined) throw wrong(`no words expected, found ${JSON.stringify(words[0])}`);
    const { expect, image, results } = given;
    if (expect !== undefined && !isHost(expect))
      throw wrong(`--expect: one of ${hostNames.join(", ")} expected, found ${JSON.stringify(expect)}`);
    if (expect !== undefined && results === undefined) throw wrong("--expect belongs to --results");
    if (results !== undefined && given.personality !== undefined) throw wrong("--results or --personality, not both");
    if (image !== undefined) {
      writeWhole(image, buildConformanceImage());
      io.stderr.write(`${image}: 1.44 MB; it prints its results on COM1 and port 0xe9\n`);
      return ExitCode.Ok;
    }

    const columns: MatrixColumn[] =
      results === undefined
        ? namesOf(given.personality ?? "vmware", wrong).map((name) => ({
            title: name,
            ...(isHost(name) ? { expects: name } : {}),
            results: boot(name, given.tier),
          }))
        : [
            {
              title: results,
              ...(expect === undefined ? {} : { expects: expect as HostName }),
              results: read(results),
            },
          ];
    const matrix = createMatrix(columns);
    const unexpected = surprises(matrix);
    if (given.json) io.stdout.write(`${JSON.stringify(matrix)}\n`);
    else if (given.markdown) io.stdout.write(`${formatMatrix(matrix)}\n`);
    else {
      const style = createStyle(wantsColour(io.stdout, io.env));
      for (const [index, column] of columns.entries()) {
        if (given.cases) io.stdout.write(formatResults(column.results));
        const counts = (["contract", "quirk"] as const).map((kind) => {
          const verdicts = matrix.rows.filter((row) => row.kind === kind).map(({ cells }) => cells[index]?.verdict);
          return `${verdicts.filter((verdict) => verdict === "pass").length} of ${verdicts.length} ${kind} cases`;
        });
        const here = unexpected.filter((each) => each.column === column.title);
        const word =
          column.expects === undefined
            ? ""
            : here.length === 0
              ? style.green(`; as the sources say of ${column.expects}`)
              : style.red(`; ${here.length} not as the sources say of ${column.expects}`);
        io.stdout.write(`${column.title}: ${counts.join(", ")}${word}\n`);
        for (const { id, cell } of here)
          io.stdout.write(`  ${id}: ${cell.verdict}, ${cell.expected} expected${cell.detail && ` (${cell.detail})`}\n`);
      }
    }
    return unexpected.length === 0 ? ExitCode.Ok : ExitCode.Unexpected;
  },
};

function namesOf(list: string, wrong: (message: string) => CliError): readonly string[] {
  if (list === "all") return personalityNames;
  const names = list.split(",");
  const unknown = names.find((name) => !personalityNames.includes(name));
  if (unknown !== undefined)
    throw wrong(`--personality: ${personalityNames.join(", ")} or all expected, found ${JSON.stringify(unknown)}`);
  return [...new Set(names)];
}

function boot(personality: string, tier: number | undefined): readonly CaseResult[] {
  const machine = createMachine({
    memory: MEMORY_MIB,
    vmwareHw: 11,
    vmwarePort: true,
    personality,
    ...(tier === undefined ? {} : { tier: tier as 0 | 1 }),
  });
  const text: string[] = [];
  machine.devices.serial.onOutput((bytes) => void text.push(String.fromCharCode(...bytes)));
  machine.boot(loadMultiboot(buildConformanceImage({ size: "exact" }), { memorySize: MEMORY_MIB << 20 }));
  const stop = machine.run({ maxInstructions: MAX_INSTRUCTIONS });
  const { results, complete } = parseResults(text.join(""));
  if (!complete)
    throw new CliError(
      ExitCode.Internal,
      `${personality}: the guest stopped (${stop.kind}) after ${results.length} cases`,
      "please report it",
    );
  return results;
}

function read(path: string): readonly CaseResult[] {
  const bytes = readInput(path, "results");
  try {
    const { results, complete } = parseResults(new TextDecoder("latin1").decode(bytes));
    if (complete) return results;
    throw new RangeError(
      results.length === 0
        ? "no results in it: lines like `ok 1 - contract.getversion.ring0` expected"
        : `the guest stopped after ${results.length} cases`,
    );
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CliError(ExitCode.BadImage, `${path}: ${error.message}`, "give all that COM1 printed");
  }
}
