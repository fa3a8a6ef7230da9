/** A source of 32-bit numbers whose state is data, so that a restored machine hands out the same cookies. */
export interface RandomSource {
  /** The next number, 0..2^32 - 1. */
  next(): number;
  save(): number;
  load(state: number): void;
}

/**
 * Deterministic numbers from a seed. Cookies keep one guest program out of another's channel by accident; who wants them to resist a
 * guesser passes a source of real randomness, and records it.
 *
 * Source: the finaliser of MurmurHash3 over a Weyl sequence ("splitmix", G. Steele et al., OOPSLA 2014), 32 bits wide.
 */
export function createRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x9e37_79b9) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85eb_ca6b);
      mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35);
      return (mixed ^ (mixed >>> 16)) >>> 0;
    },
    save: () => state,
    load(saved) {
      state = saved >>> 0;
    },
  };
}
