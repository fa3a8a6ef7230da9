/**
 * Guest MIPS of each tier on the workloads: medians of runs that alternate between tiers, results compared.
 * Run: node bench/run.mjs [rounds] [workload].
 */
import { flatMachine, tiers } from "../test/tier1/flat-machine.ts";
import { entries, image } from "./workloads.gen.ts";

/** Argument for tier 1; tier 0 gets a fraction of it. */
const sizes: Record<keyof typeof entries, readonly [number, number]> = {
  loop: [1000, 5_000_000],
  sieve: [800, 2_000_000],
  crc: [500, 4_000_000],
  fib: [11, 29],
  copy: [0, 400],
  vm: [100, 3_000_000],
  big: [1, 2000],
};

const CODE = 0x20_0000;
const STACK = 0x1f_0000;
const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1]!;

export interface Row {
  readonly name: string;
  readonly mips: Record<string, number>;
  /** Instructions in one run of tier 1. */
  readonly instructions: number;
}

function measure(
  tier: string,
  name: keyof typeof entries,
  size: number,
): { mips: number; instructions: number; result: bigint } {
  const { vcpu, memory } = machines[tier]!;
  memory.write(CODE, Uint8Array.from(Buffer.from(image, "base64")));
  memory.fill(0x40_0000, 0x20_0000, 0);
  // The return address leads to the HLT at the image's beginning.
  memory.writeU64(STACK - 8, BigInt(CODE));
  vcpu.writeRegister(4, BigInt(STACK - 8));
  vcpu.writeRegister(7, BigInt(size));
  vcpu.rip = BigInt(entries[name]);
  const before = vcpu.retired;
  const start = performance.now();
  const exit = vcpu.run(2 ** 40);
  const ms = performance.now() - start;
  if (exit.reason !== "hlt")
    throw new Error(`${name} on ${tier} ended with ${exit.reason} ${exit.text} at ${vcpu.rip.toString(16)}`);
  const instructions = vcpu.retired - before;
  return { mips: instructions / ms / 1000, instructions, result: vcpu.readRegister(0) };
}

let machines: Record<string, ReturnType<typeof flatMachine>> = {};

export function benchTiers(rounds: number, only?: string): Row[] {
  machines = Object.fromEntries(Object.entries(tiers).map(([tier, create]) => [tier, flatMachine(create)]));
  const rows: Row[] = [];
  for (const name of Object.keys(entries) as (keyof typeof entries)[]) {
    if (only !== undefined && only !== name) continue;
    const [small, large] = sizes[name];
    const samples: Record<string, number[]> = {};
    let instructions = 0;
    const check = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      if (round < 2 && small > 0)
        for (const tier of Object.keys(machines)) {
          const run = measure(tier, name, small);
          check.add(`${run.result} ${run.instructions}`);
          if (tier === "tier 0") (samples[tier] ??= []).push(run.mips);
        }
      const run = measure("tier 1", name, large);
      instructions = run.instructions;
      (samples["tier 1"] ??= []).push(run.mips);
    }
    if (check.size > 1) throw new Error(`${name}: tiers differ: ${[...check].join(" / ")}`);
    rows.push({
      name,
      instructions,
      mips: Object.fromEntries(Object.entries(samples).map(([tier, list]) => [tier, median(list)])),
    });
  }
  return rows;
}
