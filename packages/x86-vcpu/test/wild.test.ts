/**
 * Bad guests, and tier 1 = tier 0 with faults, page tables and interrupts: whole guests from seeds (wild.ts). Nothing
 * throws, outlives its budget or grows; both tiers give the same trace hash.
 *
 * VCPU_WILD_RUNS: seeds of the comparison (default 40). VCPU_WILD_INSTRUCTIONS: what tier 1 alone does besides, and in
 * how large pieces (default 60,000, in guests of 5,000). VCPU_WILD_SEED: where to begin.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { runWild } from "./wild.ts";

const runs = Number(process.env["VCPU_WILD_RUNS"] ?? 40);
const instructions = Number(process.env["VCPU_WILD_INSTRUCTIONS"] ?? 60_000);
const firstSeed = Number(process.env["VCPU_WILD_SEED"] ?? 0x564d_5868);

test("[x86-vcpu] a guest of chance has one trace hash on both tiers", () => {
  const ends = new Map<string, number>();
  let retired = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const zero = runWild(seed, 0, 1500);
      expect(runWild(seed, 1, 1500)).toEqual(zero);
      ends.set(zero.end, (ends.get(zero.end) ?? 0) + 1);
      retired += zero.retired;
    }),
    { numRuns: runs, seed: firstSeed, endOnFailure: true },
  );
  // It would prove little if all guests died at once.
  expect(retired / runs).toBeGreaterThan(150);
  expect(ends.size).toBe(2);
});

test("[x86-vcpu] guests of chance end in exits only, and the host does not grow", () => {
  let done = 0;
  let guests = 0;
  let heap = 0;
  const isLong = process.env["VCPU_WILD_INSTRUCTIONS"] !== undefined;
  const share = isLong ? 200_000 : 5000;
  for (let seed = firstSeed; done < instructions; seed++) {
    done += runWild(seed, 1, share).retired;
    guests++;
    if (guests === 5) heap = process.memoryUsage().heapUsed;
    if (isLong && guests % 10 === 0) process.stdout.write(`wild: ${done} instructions in ${guests} guests\n`);
  }
  expect(guests).toBeGreaterThan(5);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(300 << 20);
});
