/**
 * `--record FILE.cast`: what COM1 sent, and when by the guest's clock, as a recording that terminals and pages play. The same run gives
 * the same file.
 *
 * Source: asciinema, "asciicast v2": a header line of JSON, then lines [seconds, "o", text].
 */
/** Bytes of output that a recording holds; the rest is left out. */
const MAX_RECORDED = 16 * 1024 * 1024;
/** Bytes of so much time go into one event, and those of one line at most. */
const TOGETHER_NS = 2_000_000n;
const LINE_FEED = 0x0a;

export interface CastOptions {
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** Guest's time at power-on, seconds since 1970. */
  readonly timestamp: number;
}

export class Cast {
  readonly #lines: string[];
  readonly #decoder = new TextDecoder();
  #parts: Uint8Array[] = [];
  #since: bigint | undefined;
  #left = MAX_RECORDED;

  constructor({ title, width, height, timestamp }: CastOptions) {
    this.#lines = [JSON.stringify({ version: 2, width, height, timestamp, title })];
  }

  /** `atNs`: the guest's time since power-on. */
  add(atNs: bigint, bytes: Uint8Array): void {
    if (this.#since !== undefined && atNs - this.#since >= TOGETHER_NS) this.#flush();
    this.#since ??= atNs;
    const taken = bytes.slice(0, this.#left);
    this.#left -= taken.length;
    this.#parts.push(taken);
    if (taken.at(-1) === LINE_FEED) this.#flush();
  }

  /** Gives all of it to `save`. */
  write(save: (content: string) => void): void {
    this.#flush();
    save(`${this.#lines.join("\n")}\n`);
  }

  #flush(): void {
    if (this.#since === undefined) return;
    const text = this.#decoder.decode(Buffer.concat(this.#parts), { stream: true });
    if (text !== "") this.#lines.push(JSON.stringify([Number(this.#since / 1000n) / 1e6, "o", text]));
    this.#parts = [];
    this.#since = undefined;
  }
}
