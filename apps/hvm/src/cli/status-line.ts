/** One line on a terminal that says what goes on, and is gone when something else is to be said. */
import type { OutputStream, Style } from "./terminal.ts";

const EVERY_MS = 1000;

export class StatusLine {
  readonly #stream: OutputStream;
  readonly #style: Style;
  readonly #nowMs: () => number;
  #isShown = false;
  #shownAt: number;

  /** Writes only to a terminal. */
  constructor(stream: OutputStream, style: Style, nowMs: () => number) {
    this.#stream = stream;
    this.#style = style;
    this.#nowMs = nowMs;
    this.#shownAt = nowMs();
  }

  show(text: string): void {
    if (this.#stream.isTTY !== true) return;
    this.#stream.write(`\r\x1b[K${this.#style.dim(text)}`);
    this.#isShown = true;
  }

  /** Once a second at most. */
  refresh(text: () => string): void {
    if (this.#stream.isTTY !== true || this.#nowMs() - this.#shownAt < EVERY_MS) return;
    this.#shownAt = this.#nowMs();
    this.show(text());
  }

  clear(): void {
    if (!this.#isShown) return;
    this.#stream.write("\r\x1b[K");
    this.#isShown = false;
  }
}
