/** Where a serial port of the guest leads. */
import { closeSync, openSync, writeSync } from "node:fs";
import { CliError, ExitCode } from "./exit-codes.ts";
import type { OutputStream } from "./terminal.ts";

export interface SerialLine {
  /** Bytes that the guest has sent; copied or written before it returns. */
  write(bytes: Uint8Array): void;
  /** Waits for a reader that is slower than the guest: a guest that floods its line fills no memory. */
  settle(): Promise<void>;
  /** Called with what comes from the other end. Not for `stdio`, whose input is the console's. */
  onInput(listener: (bytes: Uint8Array) => void): void;
  /** Where it is, for the person who wants to connect; undefined when that is plain. */
  readonly place: string | undefined;
  /** Resolves when somebody is there; undefined where nobody has to be. */
  readonly ready: Promise<void> | undefined;
  close(): void;
}

const plain: Omit<SerialLine, "write"> = {
  settle: async () => {},
  onInput: () => {},
  place: undefined,
  ready: undefined,
  close: () => {},
};

const FILE = "file:";
const UNIX = "unix:";

/** `stdio`, `none`, `pty`, `unix:PATH`, `file:PATH` or a path. @throws CliError when it cannot be opened */
export async function openSerial(where: string, stdout: OutputStream): Promise<SerialLine> {
  if (where === "stdio") return { ...plain, write: (bytes) => void stdout.write(bytes), settle: () => drained(stdout) };
  if (where === "null" || where === "none") return { ...plain, write: () => {} };
  if (where === "pty") return (await import("../node/pty-line.ts")).openPtyLine();
  if (where.startsWith(UNIX)) return (await import("../node/unix-line.ts")).openUnixLine(where.slice(UNIX.length));
  return fileLine(where.startsWith(FILE) ? where.slice(FILE.length) : where);
}

function fileLine(path: string): SerialLine {
  const guarded = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw new CliError(
        ExitCode.CannotWrite,
        `serial ${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
        "stdio, none, pty, unix:PATH or a file that can be written expected",
      );
    }
  };
  const fd = guarded(() => openSync(path, "w"));
  return { ...plain, write: (bytes) => void guarded(() => writeSync(fd, bytes)), close: () => closeSync(fd) };
}

/** Waits until a stream has taken what was written. */
export async function drained(stream: OutputStream): Promise<void> {
  if (stream.writableNeedDrain) await new Promise<void>((resolve) => void stream.once?.("drain", resolve));
}
