/**
 * Standard input and outputs whose streams Node makes only when something is written, or read: making one takes as long as a
 * short guest runs. Whether they are terminals is asked of the file.
 */
import { fstatSync } from "node:fs";
import type { OutputStream } from "../cli/terminal.ts";

/** What a console needs of standard input. */
export interface InputStream {
  readonly isTTY?: boolean;
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  off(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  pause(): unknown;
  resume(): unknown;
  setRawMode(raw: boolean): unknown;
}

/** `tty` itself is loaded only for character devices: with it come Node's sockets. */
export function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false;
  }
}

/** Nothing can come before the guest's first slice is over: until then a file or pipe is left closed. A terminal has to become raw at once. */
class LateInput implements InputStream {
  readonly isTTY = isTerminal(0);
  #stream: NodeJS.ReadStream | undefined;
  readonly #waiting = new Set<unknown>();

  on(event: "data", listener: (chunk: Uint8Array) => void): void {
    if (this.isTTY) return void this.#made().on(event, listener);
    this.#waiting.add(listener);
    queueMicrotask(() => {
      if (this.#waiting.delete(listener)) this.#made().on(event, listener);
    });
  }

  off(event: "data", listener: (chunk: Uint8Array) => void): void {
    this.#waiting.delete(listener);
    this.#stream?.off(event, listener);
  }

  pause(): void {
    this.#stream?.pause();
  }

  resume(): void {
    this.#stream?.resume();
  }

  setRawMode(raw: boolean): void {
    this.#made().setRawMode(raw);
  }

  #made(): NodeJS.ReadStream {
    this.#stream ??= process.stdin;
    return this.#stream;
  }
}

class LateOutput implements OutputStream {
  readonly isTTY: boolean;
  readonly #open: () => NodeJS.WriteStream;
  #stream: NodeJS.WriteStream | undefined;

  constructor(fd: number, open: () => NodeJS.WriteStream) {
    this.isTTY = isTerminal(fd);
    this.#open = open;
  }

  get columns(): number {
    return this.#made().columns;
  }

  get writableNeedDrain(): boolean {
    return this.#stream?.writableNeedDrain ?? false;
  }

  once(event: "drain", listener: () => void): void {
    this.#made().once(event, listener);
  }

  write(chunk: string | Uint8Array): boolean {
    return this.#made().write(chunk);
  }

  #made(): NodeJS.WriteStream {
    this.#stream ??= this.#open();
    return this.#stream;
  }
}

export const standardInput = (): InputStream => new LateInput();

/** A reader that goes away (hvm … | head) ends us quietly, as it ends other programs. */
export const standardOutput = (): OutputStream =>
  new LateOutput(1, () => {
    const { stdout } = process;
    stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
    return stdout;
  });

export const standardError = (): OutputStream => new LateOutput(2, () => process.stderr);
