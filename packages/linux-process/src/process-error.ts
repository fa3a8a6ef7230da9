/** Why a program could not be started or had to be stopped, in one word that programs can test. */
export type ProcessErrorCode =
  | "not-found"
  | "not-a-file"
  | "not-elf"
  | "truncated"
  | "malformed"
  | "wrong-architecture"
  | "unsupported"
  | "no-memory"
  | "arguments-too-long"
  | "deadlock";

/** A failure outside the program: its image, its memory, its surroundings. Never the result of a system call. */
export class ProcessError extends Error {
  override readonly name = "ProcessError";
  readonly code: ProcessErrorCode;
  /** The file concerned, as the guest names it. */
  readonly path: string | undefined;

  constructor(code: ProcessErrorCode, message: string, path?: string) {
    super(message);
    this.code = code;
    this.path = path;
  }
}
