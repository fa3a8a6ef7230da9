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
