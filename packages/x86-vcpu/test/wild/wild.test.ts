/**
 * Bad guests, and tier 1 = tier 0 with faults, page tables and interrupts: whole guests from seeds (guest.ts). Nothing
 * throws, outlives its budget or grows; both tiers give the same trace hash. main.ts does the same for hours.
 *
 * WILD_RUNS: guests of each test (default 19: one of each kind). WILD_SEED: the first.
 */
import { expect, test } from "vitest";
import { emptyTally, runWild, wildMachine } from "./guest.ts";
import { wildKinds } from "./kinds.ts";

const runs = Number(process.env["WILD_RUNS"] ?? 19);
const firstSeed = Number(process.env["WILD_SEED"] ?? 0x564d_5868);

test("[x86-vcpu] a guest of chance has one trace hash on both tiers", { timeout: 60_000 + runs * 2000 }, () => {
  const [slow, fast] = [wildMachine(0), wildMachine(1)];
  for (let n = 0; n < runs; n++) {
    const options = { bursts: 3, burst: 250, kinds: [wildKinds[n % wildKinds.length]!] };
    const expected = runWild(slow, firstSeed + n, options);
    expect(
      runWild(fast, firstSeed + n, options),
      `WILD_SEED=${firstSeed + n} WILD_RUNS=1: ${options.kinds[0]!.name}`,
    ).toBe(expected);
  }
  // Tier 1 may raise an exception twice on its way to it.
  expect({ ...fast.tally, faults: {} }).toEqual({ ...slow.tally, faults: {} });
  // It would prove little if all guests died at once.
  expect(slow.tally.retired / runs).toBeGreaterThan(500);
  expect(slow.tally.wild / slow.tally.retired).toBeGreaterThan(0.2);
});

test("[x86-vcpu] guests of chance end in exits only, and the host does not grow", {
  timeout: 60_000 + runs * 2000,
}, () => {
  const machine = wildMachine(1);
  const { byteLength } = machine.memory.buffer;
  const { arenaFree } = machine.memory;
  let heap = 0;
  for (let n = 0; n < runs; n++) {
    runWild(machine, firstSeed - 1 - n, { bursts: 3, burst: 1500 });
    if (n === runs >> 1) {
      heap = process.memoryUsage().heapUsed;
      machine.tally = emptyTally();
    }
  }
  expect(machine.memory.buffer.byteLength).toBe(byteLength);
  expect(machine.memory.arenaFree).toBe(arenaFree);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(300 << 20);
  // All ways in and out were taken.
  expect(Object.keys(machine.tally.exits).length).toBeGreaterThan(5);
  expect(Object.keys(machine.tally.faults).length).toBeGreaterThan(7);
});
