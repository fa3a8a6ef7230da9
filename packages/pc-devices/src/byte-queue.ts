/** A bounded first-in-first-out of bytes: taking from it costs nothing, however full it is. */
export class ByteQueue {
  readonly limit: number;
  #bytes = new Uint8Array(64);
  #first = 0;
  #length = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Takes what fits; returns how many bytes that were. */
  push(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, Math.max(this.limit - this.#length, 0));
    if (this.#length + taken > this.#bytes.length) this.#grow(this.#length + taken);
    for (let i = 0; i < taken; i++) {
      this.#bytes[(this.#first + this.#length + i) % this.#bytes.length] = bytes[i] as number;
    }
    this.#length += taken;
    return taken;
  }

  /** The oldest byte, undefined when there is none. */
  shift(): number | undefined {
    if (this.#length === 0) return undefined;
    const byte = this.#bytes[this.#first];
    this.#first = (this.#first + 1) % this.#bytes.length;
    this.#length--;
    return byte;
  }

  /** The oldest `count` bytes, which stay. */
  peek(count: number): Uint8Array {
    return Uint8Array.from(
      { length: Math.min(count, this.#length) },
      (_, index) => this.#bytes[(this.#first + index) % this.#bytes.length] as number,
    );
  }

  drop(count: number): void {
    const dropped = Math.min(count, this.#length);
    this.#first = (this.#first + dropped) % this.#bytes.length;
    this.#length -= dropped;
  }

  clear(): void {
    this.#first = 0;
    this.#length = 0;
  }

  #grow(least: number): void {
    const bytes = this.peek(this.#length);
    let size = this.#bytes.length;
    while (size < least) size *= 2;
    this.#bytes = new Uint8Array(size);
    this.#bytes.set(bytes);
    this.#first = 0;
  }
}
