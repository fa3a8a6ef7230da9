/**
 * Guests of chance, as many as wanted, on tier 1: `node scripts/run.mjs test/wild/main.ts INSTRUCTIONS [--state FILE]
 * [--seed N]`. With a state file the same command goes on where the last one ended. Counts instructions of random code
 * only; ends with status 1 at the first that goes wrong, naming its seed.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { formIds } from "x86-decode/forms";
import { emptyTally, runWild, type Tally, wildMachine } from "./guest.ts";

interface State {
  seed: number;
  seconds: number;
  tally: Tally;
}

/** What each guest does: the code that it makes anew is decoded once and run many times. */
export const longGuest = { bursts: 160, burst: 30_000 };
const REPORT_GUESTS = 8;
/** After the first reports the host must not need more than this on top: caches fill, nothing grows. */
const GROWTH_BYTES = 32 << 20;

const percent = (counts: Record<string, number>): string => {
  const sum = Object.values(counts).reduce((a, b) => a + b, 0);
  return Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .map(([name, count]) => `${name} ${((100 * count) / sum).toPrecision(2)} %`)
    .join(", ");
};

export function describeTally(tally: Tally): readonly string[] {
  return [
    `${tally.wild} instructions of random code (${tally.retired} with handlers and events) in ${tally.guests} guests, ${tally.bursts} bursts`,
    `exits: ${Object.values(tally.exits).reduce((a, b) => a + b, 0)}: ${percent(tally.exits)}`,
    `exceptions: ${Object.values(tally.faults).reduce((a, b) => a + b, 0)}, by vector: ${percent(tally.faults)}`,
    `kinds: ${percent(tally.kinds)}`,
    `forms in the sample: ${Object.keys(tally.forms).length} of ${formIds.length - 1} that the decoder knows`,
  ];
}

export function main(args: readonly string[]): void {
  const option = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const wanted = Number(args[0] ?? 10_000_000);
  const file = option("--state");
  const state: State =
    file !== undefined && existsSync(file)
      ? (JSON.parse(readFileSync(file, "utf8")) as State)
      : { seed: Number(option("--seed") ?? 1), seconds: 0, tally: emptyTally() };
  setFlagsFromString("--expose_gc");
  const collect = runInNewContext("gc") as () => void;
  const machine = wildMachine(1);
  machine.tally = state.tally;
  const { byteLength } = machine.memory.buffer;
  const { arenaFree } = machine.memory;
  const heaps: number[] = [];
  const first = performance.now() - state.seconds * 1000;
  const keep = (): void => {
    state.seconds = (performance.now() - first) / 1000;
    if (file === undefined) return;
    writeFileSync(`${file}.new`, JSON.stringify(state));
    renameSync(`${file}.new`, file);
  };
  while (state.tally.wild < wanted) {
    for (let n = 0; n < REPORT_GUESTS && state.tally.wild < wanted; n++) {
      try {
        runWild(machine, state.seed, longGuest);
      } catch (error) {
        console.log(`seed ${state.seed}:`, error);
        process.exitCode = 1;
        return;
      }
      state.seed++;
    }
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    heaps.push(heapUsed + arrayBuffers);
    if (machine.memory.buffer.byteLength !== byteLength || machine.memory.arenaFree !== arenaFree)
      throw new Error("the machine's memory has grown");
    if (heaps.at(-1)! - heaps[Math.min(3, heaps.length - 1)]! > GROWTH_BYTES)
      throw new Error(`the host has grown: ${heaps.join(" ")}`);
    keep();
    console.log(
      `${describeTally(state.tally)[0]}, seed ${state.seed}, ${Math.round(state.seconds)} s, heap ${heaps.at(-1)! >> 20} MiB`,
    );
  }
  keep();
  for (const line of describeTally(state.tally)) console.log(line);
}
