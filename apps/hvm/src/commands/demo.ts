/** `hvm demo`: the embedded guest, twice: with VMware's port, and without. What `npm start` shows. */
import { backdoorLine } from "../cli/backdoor-line.ts";
import { CliError, ExitCode } from "../cli/exit-codes.ts";
import { type FlagTable, flagHelp, parseFlags } from "../cli/flags.ts";
import { grouped } from "../cli/grouped.ts";
import { createStyle, type Style, visible, wantsColour } from "../cli/terminal.ts";
import { type DemoRun, GREETING, runFirstLight } from "../guest/run-first-light.ts";
import type { Command, Io } from "./command.ts";

const flags = {
  tier: { kind: "number", value: "0|1", range: [0, 1], help: "engine: 0 plain TypeScript, 1 WebAssembly (default)" },
  json: { kind: "switch", help: "one machine-readable report instead" },
  help: { kind: "switch", aliases: ["h"], help: "this text" },
} as const satisfies FlagTable;

export const demo: Command = {
  help: () => `hvm demo [flags]\n\n${flagHelp(flags)}`,
  async run(args, io) {
    const { flags: given } = parseFlags("demo", flags, args);
    const tier = (given.tier ?? 1) as 0 | 1;
    if (given.json) {
      const result = {
        tier,
        withPort: runFirstLight({ vmwarePort: true, tier }),
        withoutPort: runFirstLight({ vmwarePort: false, tier }),
      };
      io.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
      return check(result.withPort, result.withoutPort);
    }
    const style = createStyle(wantsColour(io.stdout, io.env));
    const say = (text = ""): void => void io.stdout.write(`${text}\n`);
    const guest = style.green("guest");
    const bar = style.dim("│");

    say(heading(style, "A domain with vmware_port = 1, vmware_hw = 11"));
    say(style.dim("guest: its serial port   call: what reached the backdoor, registers before → after"));
    say();
    const withPort = runFirstLight({
      vmwarePort: true,
      tier,
      onLine: (line) => say(`${guest} ${bar} ${visible(line)}`),
      onCall: (event) => say(`${style.cyan(" call")} ${bar}     ${backdoorLine(event, style)}`),
    });
    say();
    summary(io, style, withPort);
    say();
    say(heading(style, "The same guest in a domain without vmware_port"));
    say(style.dim("ring 0 finds nobody at the port; ring 3 gets its #GP"));
    say();
    const withoutPort = runFirstLight({
      vmwarePort: false,
      tier,
      onLine: (line) => say(`${guest} ${bar} ${visible(line)}`),
    });
    say();
    summary(io, style, withoutPort);
    say();
    say(style.dim("Next: npm run --silent hvm -- exec --help      npm run --silent hvm -- run --help"));
    return check(withPort, withoutPort);
  },
};

const heading = (style: Style, text: string): string => style.bold(text);

function summary(io: Io, style: Style, run: DemoRun): void {
  const rows: readonly (readonly [string, string])[] = [
    ["backdoor calls", `${run.backdoorCalls} (${run.ring3Calls} from ring 3 through the #GP path)`],
    ["RPCI requests", String(run.rpciCalls)],
    ["instructions", grouped(run.instructions)],
    ["virtual time", `${(run.virtualTimeNs / 1e6).toFixed(3)} ms`],
    ["trace hash", run.traceHash],
    ["ended", run.ended],
  ];
  for (const [name, value] of rows) io.stdout.write(`  ${style.dim(name.padEnd(16))}${value}\n`);
}

/** The demonstration must show what it claims. */
function check(withPort: DemoRun, withoutPort: DemoRun): number {
  const ring3 = (run: DemoRun): string => run.serial.slice(run.serial.indexOf("ring 3"));
  const answered = /in {2}eax {2}GETVERSION\s+eax=00000006 ebx=564d5868 ecx=00000002/;
  const failures = [
    [answered.test(ring3(withPort)), "ring 3 did not get VMware's answer"],
    [ring3(withPort).includes(`'1 ${GREETING}'`), "info-get did not bring guestinfo.greeting"],
    [/port 0x565a\s+#GP/.test(ring3(withPort)), "the neighbouring port did not raise #GP"],
    [!answered.test(ring3(withoutPort)), "ring 3 was answered without vmware_port"],
    [
      /GETVERSION\s+#GP, error code 00000000/.test(ring3(withoutPort)),
      "ring 3 did not get its #GP without vmware_port",
    ],
  ].filter(([ok]) => !ok);
  if (failures.length)
    throw new CliError(
      ExitCode.Internal,
      `the embedded guest did not behave: ${failures.map(([, text]) => text).join("; ")}`,
      "please report it",
    );
  return ExitCode.Ok;
}
