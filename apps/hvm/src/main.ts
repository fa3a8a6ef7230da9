/** The command line: which command, its help, and every failure as one line of cause and one of what to do. */
import { CliError, ExitCode } from "./cli/exit-codes.ts";
import { createStyle, wantsColour } from "./cli/terminal.ts";
import type { Command, Io } from "./commands/command.ts";
import type { CommandName } from "./commands/names.ts";

interface CommandRow {
  readonly name: CommandName;
  readonly summary: string;
  /** Loads only what the command needs: most of start-up is loading. */
  readonly load: () => Promise<Command>;
}

export const commands: readonly CommandRow[] = [
  {
    name: "demo",
    summary: "boot the embedded guest, and see it find VMware's backdoor",
    load: async () => (await import("./commands/demo.ts")).demo,
  },
  {
    name: "exec",
    summary: "run a Linux program at ring 3 of a fresh domain, no kernel",
    load: async () => (await import("./commands/exec.ts")).exec,
  },
  {
    name: "run",
    summary: "boot an image: boot sector, multiboot, ELF, flat binary",
    load: async () => (await import("./commands/run.ts")).run,
  },
  {
    name: "create",
    summary: "boot the domain that an xl.cfg file describes",
    load: async () => (await import("./commands/create.ts")).create,
  },
  {
    name: "trace",
    summary: "show what --trace recorded: table, summary, histogram, export",
    load: async () => (await import("./commands/trace.ts")).trace,
  },
  {
    name: "conformance",
    summary: "judge VMware's interface, here or in another hypervisor",
    load: async () => (await import("./commands/conformance.ts")).conformance,
  },
  {
    name: "disasm",
    summary: "disassemble an ELF file, a boot sector or raw code",
    load: async () => (await import("./commands/disasm.ts")).disasm,
  },
];

function help(): string {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(13)}${summary}`).join("\n");
  return `hvm: a simulated HVM domain whose guest finds VMware's backdoor\n\n${rows}\n\n\`hvm COMMAND --help\` says more.\n`;
}

/** Runs one invocation and answers its exit status. Never throws. */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const [name, ...rest] = args;
  const style = createStyle(wantsColour(io.stderr, io.env));
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    io.stdout.write(help());
    return name === undefined ? ExitCode.Usage : ExitCode.Ok;
  }
  const row = commands.find((candidate) => candidate.name === name);
  try {
    if (!row)
      throw new CliError(
        ExitCode.Usage,
        `unknown command ${JSON.stringify(name)}`,
        `one of: ${commands.map((c) => c.name).join(", ")}`,
      );
    const command = await row.load();
    const own = rest.indexOf("--");
    if ((own < 0 ? rest : rest.slice(0, own)).some((arg) => arg === "--help" || arg === "-h")) {
      io.stdout.write(`${command.help()}\n`);
      return ExitCode.Ok;
    }
    return await command.run(rest, io);
  } catch (error) {
    const known = error instanceof CliError;
    const message = known ? error.message : `internal error: ${error instanceof Error ? error.message : String(error)}`;
    io.stderr.write(`${style.red(`hvm${row ? ` ${row.name}` : ""}:`)} ${message}\n`);
    const hint = known ? error.hint : "please report it; HVM_DEBUG=1 shows where";
    if (hint !== undefined) io.stderr.write(`${style.dim(hint)}\n`);
    if (!known && io.env["HVM_DEBUG"] && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    return known ? error.exitCode : ExitCode.Internal;
  }
}
