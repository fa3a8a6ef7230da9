/**
 * Random guests against the whole machine, all devices wired: nothing throws, every run ends by its budget, and a machine saved anywhere goes on
 * as if it had not been.
 *
 * `WILD_SEEDS=from-to npx vitest run test/wild.test.ts` runs others (a seed takes about a second of processor time).
 */
import { createMachine, type Machine, type MachineConfig } from "hvm-machine";
import type { BlockBackend } from "pc-devices";
import { describe, expect, it } from "vitest";
import { Dice, wildGuest } from "./wild-guest.ts";

const SECTOR = 512;
const BUDGET = 1_500_000;
/** A step that is begun ends; the longest is a piece of a string instruction at a device's port: 4,096 elements of a microsecond. */
const OVERSHOOT = 4_200_000;

function memoryDisk(sectors: number): BlockBackend {
  const bytes = new Uint8Array(sectors * SECTOR).map((_, index) => (index >> 9) ^ index);
  return {
    sectors,
    readSectors: (sector, count) => bytes.slice(sector * SECTOR, (sector + count) * SECTOR),
    writeSectors(sector, data) {
      bytes.set(data, sector * SECTOR);
      return true;
    },
    flush: () => true,
    discard: () => true,
  };
}

function configOf(seed: number): MachineConfig {
  const dice = new Dice(seed ^ 0x5eed);
  const personality = dice.of(["vmware", "xen-v6", "qemu"]);
  return {
    memory: 4,
    vcpus: dice.of([1, 1, 2, 4]),
    tier: dice.oneIn(4) ? 0 : 1,
    apic: !dice.oneIn(5),
    hpet: !dice.oneIn(5),
    flavour: "vmx",
    personality,
    vmwareHw: 11,
    forcedEmulation: dice.oneIn(3),
    vga: true,
    videoRam: 1,
    networks: [{}, { linkUp: false }],
    virtioConsole: true,
    disks: [{ backend: memoryDisk(64) }, { backend: { ...memoryDisk(8), readOnly: true } }],
  };
}

/** What disks hold is not in a saved machine: who goes on takes them over with the configuration. */
function start(seed: number, config: MachineConfig = configOf(seed)): Machine {
  const machine = createMachine(config);
  machine.boot(wildGuest(seed, 400, config.personality === "xen-v6"));
  return machine;
}

/** What comes from outside, at the same ticks in every run. */
function disturb(machine: Machine, dice: Dice): void {
  const { devices } = machine;
  const acts = [
    () => devices.serial.input(Uint8Array.from({ length: dice.below(40) }, () => dice.next() & 0xff)),
    () => devices.i8042.key(dice.of(["KeyA", "Enter", "ShiftLeft"]), dice.oneIn(2)),
    () => devices.i8042.moveMouse(dice.below(9) - 4, dice.below(9) - 4, 0, dice.below(8)),
    () => devices.pressPowerButton(),
    () => machine.xenConsole.input(Uint8Array.of(dice.next() & 0xff)),
    () => devices.networks[0]?.receive(Uint8Array.from({ length: dice.below(1600) }, () => dice.next() & 0xff)),
    () => devices.networks[1]?.setLink(dice.oneIn(2)),
    () => devices.console?.input(Uint8Array.of(0x41, 0x42)),
    // Not before the guest has handlers.
    () => machine.domain.ticks > 0 && machine.domain.injectNmi(0),
    () => void machine.screen(),
  ];
  dice.of(acts)();
}

/** Runs in ten pieces from the piece `from` on; between them something comes from outside. */
function play(machine: Machine, seed: number, from = 0, to = 10): void {
  for (let piece = from; piece < to; piece++) {
    disturb(machine, new Dice(seed * 31 + piece));
    const goal = Math.max((BUDGET / 10) * (piece + 1), machine.domain.ticks);
    // Steps: a guest that waits with its timer running uses no instructions.
    const stop = machine.run({ maxInstructions: goal - machine.domain.ticks, maxSteps: 100_000 });
    expect(["instructions", "halted", "shutdown", "steps"]).toContain(stop.kind);
    expect(machine.domain.ticks).toBeLessThan(goal + OVERSHOOT);
  }
}

const [first = 8, last = 10] = (process.env["WILD_SEEDS"] ?? "").split("-").filter(Boolean).map(Number);
const seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("[hvm-machine] wild guests", () => {
  it.each(seeds)(
    "seed %d: bounded, and the same after save and load",
    (seed) => {
      const whole = start(seed);
      play(whole, seed);
      const cut = 1 + (seed % 8);
      const config = configOf(seed);
      const before = start(seed, config);
      play(before, seed, 0, cut);
      const state = structuredClone(before.save());
      const after = start(seed, config);
      after.load(state);
      expect(after.save()).toEqual(before.save());
      play(after, seed, cut);
      expect(after.traceHash()).toBe(whole.traceHash());
      expect(after.domain.ticks).toBe(whole.domain.ticks);
      expect(after.clock.nowNs()).toBe(whole.clock.nowNs());
      expect(after.devices.save()).toEqual(whole.devices.save());
    },
    60_000,
  );
});
