/** `--trace FILE`: every record of the guest's VMware interface as a line of JSON, between a line that says what ran and one that counts. */
import { closeSync, openSync, writeSync } from "node:fs";
import { type LogRecord, toJsonLine } from "vmport-debug-log";
import { CliError, ExitCode } from "./exit-codes.ts";

/** Records that a file holds; the rest is counted. About 300 bytes each: a guest cannot fill a disk. */
export const MAX_TRACE_RECORDS = 1_000_000;
const WRITE_AT = 1 << 16;

/** The first line. */
export interface TraceHeader {
  readonly kind: "header";
  readonly version: 1;
  /** Program or image. */
  readonly name: string;
  readonly personality: string;
  readonly instructionsPerSecond: number;
  readonly tscKhz: number;
}

export class TraceFile {
  readonly #path: string;
  readonly #fd: number;
  #text = "";
  #records = 0;
  #dropped = 0;

  /** @throws CliError when the file cannot be written */
  constructor(path: string, header: TraceHeader) {
    this.#path = path;
    this.#fd = this.#guarded(() => openSync(path, "w"));
    this.#text = `${JSON.stringify(header)}\n`;
  }

  add(record: LogRecord): void {
    if (this.#records >= MAX_TRACE_RECORDS) {
      this.#dropped++;
      return;
    }
    this.#records++;
    this.#text += `${toJsonLine(record)}\n`;
    if (this.#text.length >= WRITE_AT) this.#flush();
  }

  /** @throws CliError when the rest cannot be written */
  close(): void {
    this.#text += `${JSON.stringify({ kind: "end", records: this.#records, dropped: this.#dropped })}\n`;
    this.#flush();
    this.#guarded(() => closeSync(this.#fd));
  }

  #flush(): void {
    this.#guarded(() => writeSync(this.#fd, this.#text));
    this.#text = "";
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new CliError(
        ExitCode.CannotWrite,
        `cannot write --trace ${this.#path}: ${code}`,
        "check the folder and its room",
      );
    }
  }
}
