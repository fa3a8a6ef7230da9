/** Exact conversion between nanoseconds and the ticks of an oscillator, in plain numbers: nothing is allocated. */

export interface Rate {
  readonly hz: number;
  /** Whole ticks in so many ns, rounded down. Exact while both fit 53 bits. */
  ticks(ns: number): number;
  /** The first ns at which so many ticks have passed. */
  ns(ticks: number): number;
}

const NS_PER_SECOND = 1_000_000_000;

/** @throws RangeError unless `hz` is an integer from 1 to 10^9 of which no intermediate result exceeds 53 bits */
export function createRate(hz: number): Rate {
  const divisor = Number.isInteger(hz) ? greatestCommonDivisor(hz, NS_PER_SECOND) : 1;
  const ticksPerTurn = hz / divisor;
  const nsPerTurn = NS_PER_SECOND / divisor;
  if (!Number.isInteger(hz) || hz < 1 || hz > NS_PER_SECOND || !Number.isSafeInteger(ticksPerTurn * nsPerTurn)) {
    throw new RangeError(`a rate of ${hz} Hz: expected an integer from 1 to 1,000,000,000 that divides evenly enough`);
  }
  return {
    hz,
    ticks(ns) {
      const rest = ns % nsPerTurn;
      return ((ns - rest) / nsPerTurn) * ticksPerTurn + Math.floor((rest * ticksPerTurn) / nsPerTurn);
    },
    ns(ticks) {
      const rest = ticks % ticksPerTurn;
      return ((ticks - rest) / ticksPerTurn) * nsPerTurn + Math.ceil((rest * nsPerTurn) / ticksPerTurn);
    },
  };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
