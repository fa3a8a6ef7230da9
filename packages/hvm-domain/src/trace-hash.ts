const MULTIPLIER = 0x9e37_79b1;

/** One word into a lane: exclusive or, rotate, multiply (after xxHash). For given words it maps lanes one to one, so no earlier difference gets lost. */
const step = (lane: number, word: number): number => {
  const mixed = lane ^ word;
  return Math.imul((mixed << 15) | (mixed >>> 17), MULTIPLIER);
};

/** A rolling 64-bit hash over VM exits: fast on numbers, not cryptographic. */
export class TraceHash {
  #low = 0x9e37_79b1;
  #high = 0x85eb_ca77;

  /**
   * One exit: its number, the vCPU's number and instructions retired (up to 2^53), the sixteen general registers and RIP as words, low ones
   * first. Four lanes side by side, because a multiplication waits for the one before it in its lane.
   */
  addExit(reason: number, vcpuId: number, retired: number, general: Uint32Array, rip: Uint32Array): void {
    let a = step(this.#low, reason);
    let b = step(this.#high, vcpuId);
    let c = step(this.#low, ~retired);
    let d = step(this.#high, ~(retired / 0x1_0000_0000));
    for (let n = 0; n < 32; n += 4) {
      a = step(a, general[n] as number);
      b = step(b, general[n + 1] as number);
      c = step(c, general[n + 2] as number);
      d = step(d, general[n + 3] as number);
    }
    a = step(a, rip[0] as number);
    b = step(b, rip[1] as number);
    this.#low = step(step(a, c), d);
    this.#high = step(step(b, d), c ^ a);
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
