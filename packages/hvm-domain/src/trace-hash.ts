// Both as signed numbers: V8 keeps those in registers.
const MULTIPLIER = 0x9e37_79b1 | 0;
const SEED = 0x85eb_ca77 | 0;

/** One word into a lane: exclusive or, rotate, multiply (after xxHash). For given words it maps lanes one to one, so no earlier difference gets lost. */
const step = (lane: number, word: number): number => {
  const mixed = lane ^ word;
  return Math.imul((mixed << 15) | (mixed >>> 17), MULTIPLIER);
};

const DIGEST_MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;
const rotate = (word: bigint, bits: bigint): bigint => BigInt.asUintN(64, (word << bits) | (word >> (64n - bits)));
const mix = (lane: bigint, word: bigint): bigint => rotate(BigInt.asUintN(64, (lane ^ word) * DIGEST_MULTIPLIER), 29n);

/**
 * What `HvmVcpu.registerDigest` makes of the general registers and RIP, for engines that cannot: the even ones and RIP in one lane, the odd ones
 * in another.
 */
export function digestOf(general: readonly bigint[], rip: bigint): bigint {
  let [even, odd] = [0n, 0n];
  for (const [index, value] of general.entries()) {
    if (index % 2 === 0) even = mix(even, value);
    else odd = mix(odd, value);
  }
  return BigInt.asUintN(64, mix(even, rip) + rotate(odd, 32n));
}

/** A rolling 64-bit hash over VM exits: fast on numbers, not cryptographic. */
export class TraceHash {
  #low = MULTIPLIER;
  #high = SEED;

  /** One exit: its number, the vCPU's number and instructions retired (up to 2^53), the digest of its registers in two words. */
  addExit(reason: number, vcpuId: number, retired: number, digestLow: number, digestHigh: number): void {
    const a = step(step(this.#low, digestLow), reason ^ (vcpuId << 16));
    const b = step(step(this.#high, digestHigh), ~retired ^ ((retired / 0x1_0000_0000) << 10));
    this.#low = step(a, b);
    this.#high = step(b, this.#low);
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
