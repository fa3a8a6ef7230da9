/**
 * What the process exits with. A guest's own status is passed on (0–255; 128 + n for signal n), so the simulator's own
 * failures use numbers of sysexits.h, which programs seldom use, and 124 as timeout(1) does.
 */
export const ExitCode = {
  Ok: 0,
  /** A flag, a command or a value that cannot be: sysexits EX_USAGE. */
  Usage: 64,
  /** An image, a program or a configuration that is broken: EX_DATAERR. */
  BadImage: 65,
  /** A file that is not there or cannot be read: EX_NOINPUT. */
  NoInput: 66,
  /** A defect of ours: EX_SOFTWARE. */
  Internal: 70,
  /** Too little guest memory: EX_OSERR. */
  NoMemory: 71,
  /** A file that cannot be written: EX_CANTCREAT. */
  CannotWrite: 73,
  /** The guest triple-faulted. */
  TripleFault: 74,
  /** An instruction that the processor does not implement: EX_UNAVAILABLE. */
  Unimplemented: 69,
  /** The program waits for what cannot come: EX_TEMPFAIL. */
  Deadlock: 75,
  /** The guest ended without the text of --expect: EX_PROTOCOL. */
  Unexpected: 76,
  /** --max-insns or --timeout was reached. */
  Limit: 124,
} as const;

/** A failure with its exit code: one line of cause, one of what to do. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: number;
  readonly hint: string | undefined;

  constructor(exitCode: number, message: string, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
