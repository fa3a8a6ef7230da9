/** Where the bytes of a serial port go, and what is looked for in them. */
import { closeSync, openSync, writeSync } from "node:fs";
import { CliError, ExitCode } from "./exit-codes.ts";
import type { OutputStream } from "./terminal.ts";

export interface SerialSink {
  write(bytes: Uint8Array): void;
  close(): void;
}

const PREFIX = "file:";

/** `stdio` (or xl's `pty`), `null`, or a file. @throws CliError when the file cannot be written */
export function openSerial(where: string, stdout: OutputStream): SerialSink {
  if (where === "stdio" || where === "pty") return { write: (bytes) => void stdout.write(bytes), close: () => {} };
  if (where === "null" || where === "none") return { write: () => {}, close: () => {} };
  const path = where.startsWith(PREFIX) ? where.slice(PREFIX.length) : where;
  try {
    const fd = openSync(path, "w");
    return { write: (bytes) => void writeSync(fd, bytes), close: () => closeSync(fd) };
  } catch (error) {
    throw new CliError(
      ExitCode.CannotWrite,
      `serial ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
      "stdio, null or a file that can be written expected",
    );
  }
}

/** Looks for a text in a stream of bytes, across the borders of its pieces. Keeps as many bytes as the text has. */
export class TextWatch {
  seen = false;
  readonly #wanted: Buffer;
  #tail: Buffer = Buffer.alloc(0);

  constructor(text: string) {
    this.#wanted = Buffer.from(text, "utf8");
  }

  add(bytes: Uint8Array): void {
    if (this.seen) return;
    const window = Buffer.concat([this.#tail, bytes]);
    this.seen = window.includes(this.#wanted);
    this.#tail = window.subarray(Math.max(0, window.length - this.#wanted.length + 1));
  }
}
