/** A rolling 64-bit hash in two 32-bit lanes (multiply and rotate, after xxHash): fast on numbers, not cryptographic. */
export class TraceHash {
  #low = 0x9e37_79b1;
  #high = 0x85eb_ca77;

  add(value: number): void {
    const low = Math.imul(this.#low ^ value, 0x9e37_79b1);
    const high = Math.imul(this.#high + value, 0xc2b2_ae3d);
    this.#low = ((low << 13) | (low >>> 19)) ^ (high >>> 7);
    this.#high = ((high << 17) | (high >>> 15)) ^ low;
  }

  /** All words of a block, such as registers. */
  addWords(words: Uint32Array): void {
    let low = this.#low;
    let high = this.#high;
    for (let i = 0; i < words.length; i++) {
      const value = words[i] as number;
      const a = Math.imul(low ^ value, 0x9e37_79b1);
      const b = Math.imul(high + value, 0xc2b2_ae3d);
      low = ((a << 13) | (a >>> 19)) ^ (b >>> 7);
      high = ((b << 17) | (b >>> 15)) ^ a;
    }
    this.#low = low;
    this.#high = high;
  }

  /** A count up to 2^53. */
  addCount(value: number): void {
    this.add(value | 0);
    this.add(Math.floor(value / 0x1_0000_0000) | 0);
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** Continues from what `toString` gave. */
  restore(digits: string): void {
    this.#high = Number.parseInt(digits.slice(0, 8), 16) | 0;
    this.#low = Number.parseInt(digits.slice(8, 16), 16) | 0;
  }
}
