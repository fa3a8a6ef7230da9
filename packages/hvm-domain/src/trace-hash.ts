import type { HvmVcpu } from "./vcpu.ts";

const MULTIPLIER = 0x9e37_79b9_7f4a_7c15n;
const LANES = 4;
const GENERAL_REGISTERS = 16;
const { imul } = Math;

const rotate = (word: bigint, bits: bigint): bigint => BigInt.asUintN(64, (word << bits) | (word >> (64n - bits)));
const mix = (lane: bigint, word: bigint): bigint => rotate(BigInt.asUintN(64, (lane ^ word) * MULTIPLIER), 29n);

/**
 * What `HvmVcpu.registerDigest` has, for engines that have none: four lanes, each begun with its number and fed with every fourth register, the first
 * with RIP and the second with the number of instructions retired too.
 */
export function digestOf(general: readonly bigint[], rip: bigint, retired: number): bigint {
  const lanes = Array.from({ length: LANES }, (_, lane) => {
    const words = general.filter((_, index) => index % LANES === lane);
    if (lane === 0) words.push(rip);
    if (lane === 1) words.push(BigInt(retired));
    return rotate(words.reduce(mix, BigInt(lane)), BigInt((lane * 64) / LANES));
  });
  return BigInt.asUintN(
    64,
    lanes.reduce((sum, lane) => sum + lane),
  );
}

/** A rolling 64-bit hash over VM exits: fast on numbers, not cryptographic. For given exits it maps states one to one: no earlier difference gets lost. */
export class TraceHash {
  #low = 0x7f4a_7c15;
  #high = 0x1e37_79b9;

  /** One exit, as two words. Each step can be undone. */
  add(low: number, high: number): void {
    const first = imul(this.#low ^ low, 0x9e37_79b1);
    const second = imul(this.#high ^ high ^ first ^ (first >>> 15), 0x85eb_ca77);
    this.#low = first ^ ((second << 7) | (second >>> 25));
    this.#high = second ^ (second >>> 13);
  }

  /** The same of a vCPU as it is now, and another number. */
  addVcpu(tag: number, vcpu: HvmVcpu): void {
    const general = Array.from({ length: GENERAL_REGISTERS }, (_, index) => vcpu.readRegister(index));
    const digest = digestOf(general, vcpu.rip, vcpu.retired);
    this.add(Number(BigInt.asIntN(32, digest)) ^ tag, Number(BigInt.asIntN(32, digest >> 32n)));
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
