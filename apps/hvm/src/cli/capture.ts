/** What a report holds of a guest's words: up to a limit, the rest is counted. */

/** Bytes of one output. A guest that writes more finds them in no report: `hvm` without --json passes on everything. */
export const MAX_CAPTURED_BYTES: number = 16 * 1024 * 1024;
/** Lines of the vmport_debug log, and of --strace. */
export const MAX_CAPTURED_LINES = 10_000;

export class CapturedBytes {
  dropped = 0;
  readonly #parts: Uint8Array[] = [];
  #size = 0;

  add(bytes: Uint8Array): void {
    const taken = bytes.slice(0, MAX_CAPTURED_BYTES - this.#size);
    if (taken.length > 0) this.#parts.push(taken);
    this.#size += taken.length;
    this.dropped += bytes.length - taken.length;
  }

  text(encoding: "latin1" | "utf8"): string {
    return Buffer.concat(this.#parts).toString(encoding);
  }
}

export class CapturedLines {
  readonly lines: string[] = [];
  dropped = 0;

  add(line: string): void {
    if (this.lines.length < MAX_CAPTURED_LINES) this.lines.push(line);
    else this.dropped++;
  }
}

/** `{ [name]: count }` for a report, only if something was dropped. */
export const droppedField = (name: string, { dropped }: { readonly dropped: number }): Record<string, number> =>
  dropped > 0 ? { [name]: dropped } : {};
