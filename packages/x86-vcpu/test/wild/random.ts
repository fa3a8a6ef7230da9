/** Mulberry32: small, seeded, good enough for bytes. */
export type Words = () => number;

export function randomWords(seed: number): Words {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

export const pick = <T>(word: Words, of: readonly T[]): T => of[word() % of.length]!;

export const wide = (word: Words): bigint => (BigInt(word()) << 32n) | BigInt(word());
