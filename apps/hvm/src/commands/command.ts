import type { Host } from "../cli/host.ts";
import type { OutputStream } from "../cli/terminal.ts";

/** The surroundings of one invocation; tests give their own. */
export interface Io {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Up to `length` bytes of standard input, blocking; empty at its end. */
  readonly readStdin: (length: number) => Uint8Array;
  readonly stdinIsTerminal: boolean;
  /** Clock, sleep and signals. Default: Node's. */
  readonly host?: Host;
}

export interface Command {
  /** Text of --help. */
  readonly help: () => string;
  /** The exit status. @throws CliError */
  readonly run: (args: readonly string[], io: Io) => Promise<number>;
}
