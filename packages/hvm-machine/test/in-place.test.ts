/**
 * Exits answered on the spot and exits that come back to the domain's loop are the same exits: random guests, with and without, in both
 * tiers, cut into pieces of chance.
 *
 * `WILD_SEEDS=from-to npx vitest run test/in-place.test.ts` runs others.
 */
import { createHash } from "node:crypto";
import { createMachine, type Machine, type MachineConfig } from "hvm-machine";
import { describe, expect, it } from "vitest";
import { enterRing3, ring3Guest } from "./ring3-guest.ts";
import { Dice, wildGuest } from "./wild-guest.ts";

interface Way {
  readonly tier: 0 | 1;
  readonly inPlace: boolean;
}

const ways: readonly Way[] = [
  { tier: 1, inPlace: true },
  { tier: 1, inPlace: false },
  { tier: 0, inPlace: true },
];

/** All that anybody can see of a run. */
function play(machine: Machine, seed: number, pieces: number, budget: number): unknown {
  const calls: string[] = [];
  const exits: string[] = [];
  machine.backdoor.observe(({ commandName, ring, rip, outcome }) =>
    calls.push(`${commandName} ${ring} ${rip} ${outcome}`),
  );
  // Now and then, because who asks for the time lets it catch up.
  const looks = new Dice(seed ^ 0x71_0e);
  machine.domain.observeExits((vcpu, { reason, instructionLength }) => {
    const time = looks.oneIn(4) ? ` ${machine.clock.nowNs()} ${machine.domain.ticks}` : "";
    exits.push(`${reason} ${vcpu.rip} ${instructionLength}${time}`);
  });
  const dice = new Dice(seed ^ 0xc07);
  const stops: unknown[] = [];
  for (let piece = 0; piece < pieces; piece++) {
    // Steps alone can be long: from one alarm to the next.
    const maxSteps = dice.oneIn(3) ? 1 + dice.below(50) : Number.MAX_SAFE_INTEGER;
    const { kind } = machine.run({ maxSteps, maxInstructions: 1 + dice.below(budget) });
    stops.push(kind, machine.domain.ticks, machine.traceHash(), machine.vcpus[0]?.rip);
  }
  const { vcpus, ...domain } = machine.domain.save();
  return {
    stops,
    calls,
    exits,
    domain,
    vcpus: vcpus.map(({ state, ...rest }) => rest),
    registers: machine.vcpus.map((vcpu) => [...vcpu.registerViews.general, vcpu.rflags]),
    counts: machine.domain.exitCounts,
    nowNs: machine.clock.nowNs(),
    devices: machine.devices.save(),
    memory: createHash("sha1")
      .update(machine.memory.read(0, 4 << 20) ?? "")
      .digest("hex"),
  };
}

function compare(
  config: MachineConfig,
  seed: number,
  pieces: number,
  budget: number,
  boot: (machine: Machine) => void,
): void {
  const [first, ...others] = ways.map(({ tier, inPlace }) => {
    const machine = createMachine({ ...config, tier });
    if (!inPlace) for (const vcpu of machine.vcpus) vcpu.answerExits(undefined);
    boot(machine);
    return play(machine, seed, pieces, budget);
  });
  // As text first: to compare them piece by piece takes longer than to run them.
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, part) => (typeof part === "bigint" ? `${part}n` : part));
  for (const other of others) if (text(other) !== text(first)) expect(other).toEqual(first);
}

const [from = 1, to = 3] = (process.env["WILD_SEEDS"] ?? "").split("-").filter(Boolean).map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("[hvm-machine] exits answered on the spot", () => {
  it.each(seeds)("ring 3, seed %d: nobody can tell", (seed) => {
    const dice = new Dice(seed * 7);
    const flavour = dice.of(["vmx", "svm"] as const);
    const config: MachineConfig = {
      memory: 4,
      personality: dice.of(["vmware", "xen-v6", "kvm"]),
      flavour,
      vmwareHw: 11,
    };
    const rate = 40 + dice.below(200);
    const vmwarePort = !dice.oneIn(5);
    compare({ ...config, vmwarePort, vmportDebug: 0xff }, seed, 30, 1500, (machine) => {
      machine.boot(ring3Guest(seed, 60));
      enterRing3(machine, rate);
    });
  });

  it.each(seeds)("devices, seed %d: nobody can tell", (seed) => {
    const dice = new Dice(seed * 11);
    const config: MachineConfig = { memory: 4, vcpus: dice.of([1, 1, 2]), apic: !dice.oneIn(4), vmwareHw: 11 };
    compare(config, seed, 30, 4000, (machine) => machine.boot(wildGuest(seed, 200)));
  });
});
