import type { HvmVcpu } from "./vcpu.ts";

const MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;
const GENERAL_REGISTERS = 16;

const rotate = (word: bigint, bits: bigint): bigint => BigInt.asUintN(64, (word << bits) | (word >> (64n - bits)));
const mix = (lane: bigint, word: bigint): bigint => rotate(BigInt.asUintN(64, (lane ^ word) * MULTIPLIER), 29n);

/**
 * What `HvmVcpu.registerDigest` makes, for engines that have none: the even registers and RIP in a lane that begins with the seed, the odd ones in
 * another that begins with the number of instructions retired.
 */
export function digestOf(general: readonly bigint[], rip: bigint, seed: bigint, retired: number): bigint {
  let [even, odd] = [seed, BigInt(retired)];
  for (const [index, value] of general.entries()) {
    if (index % 2 === 0) even = mix(even, value);
    else odd = mix(odd, value);
  }
  return BigInt.asUintN(64, mix(even, rip) + rotate(odd, 32n));
}

/** A rolling 64-bit hash over VM exits: fast on numbers, not cryptographic. For given exits it maps states one to one: no earlier difference gets lost. */
export class TraceHash {
  #low = 0x7f4a_7c15;
  #high = 0x1e37_79b9;

  /** One exit: its number, the vCPU with its registers as they are, and how many instructions (up to 2^53) it had retired. */
  addExit(reason: number, vcpu: HvmVcpu, retired: number): void {
    const low = this.#low ^ reason ^ (vcpu.id << 16);
    const digest = vcpu.registerDigest;
    if (digest === undefined) {
      this.#addSlowly(low, vcpu, retired);
      return;
    }
    digest.update(low, this.#high, retired);
    this.#low = digest.words[0] as number;
    this.#high = digest.words[1] as number;
  }

  #addSlowly(low: number, vcpu: HvmVcpu, retired: number): void {
    const general = Array.from({ length: GENERAL_REGISTERS }, (_, index) => vcpu.readRegister(index));
    const seed = (BigInt(this.#high >>> 0) << 32n) | BigInt(low >>> 0);
    const digest = digestOf(general, vcpu.rip, seed, retired);
    this.#low = Number(BigInt.asIntN(32, digest));
    this.#high = Number(BigInt.asIntN(32, digest >> 32n));
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
