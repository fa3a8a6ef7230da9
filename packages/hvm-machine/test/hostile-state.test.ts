/**
 * Saved states that somebody has cut off or changed: the error names the field, the machine is as it was; and what is not refused, a machine
 * can live with. `STATE_MUTATIONS=5000 npx vitest run test/hostile-state.test.ts` tries more.
 */
import { isDeepStrictEqual } from "node:util";
import { createMachine, type Machine, type MachineConfig, type MachineState } from "hvm-machine";
import { describe, expect, it } from "vitest";
import { Dice, wildGuest } from "./wild-guest.ts";

const config: MachineConfig = {
  ...{ memory: 2, vcpus: 2, tier: 0, personality: "xen-v6", vmwareHw: 11, vga: true, videoRam: 1, virtioConsole: true },
  networks: [{}],
  disks: [
    { backend: { sectors: 8, readSectors: (_, count) => new Uint8Array(count * 512), writeSectors: () => true } },
  ],
};
function somewhere(seed: number): Machine {
  const machine = createMachine(config);
  machine.boot(wildGuest(seed, 300, true));
  machine.run({ maxInstructions: 300_000, maxSteps: 20_000 });
  return machine;
}
/** A field to be changed, of a state that is the caller's own. */
type Tree = Record<string, unknown>;
const at = (state: unknown, path: readonly string[]): Tree =>
  path.reduce((tree, key) => tree[key] as Tree, state as Tree);

const good = somewhere(8).save();
const target = somewhere(9);
const before = target.save();
const load = (change: (state: Tree) => void): string => {
  const state = structuredClone(good);
  change(state as unknown as Tree);
  try {
    target.load(state);
    return "loaded";
  } catch (error) {
    return error instanceof RangeError ? error.message : `another error: ${String(error)}`;
  }
};

describe("[hvm-machine] hostile saved states", () => {
  it.each<[string, (state: Tree) => void, string]>([
    ["another version", (state) => void (state["version"] = 7), "machine state has version 7; expected 1"],
    [
      "a device left out",
      (s) => void delete at(s, ["devices", "devices"])["rtc"],
      "devices.devices.rtc: a record expected",
    ],
    [
      "a field left out",
      (s) => void delete at(s, ["devices", "devices", "hpet"])["config"],
      "devices.devices.hpet.config: a whole number expected, found nothing",
    ],
    [
      "a text for a number",
      (s) => void (at(s, ["devices", "devices", "hpet"])["status"] = "x"),
      "devices.devices.hpet.status: a whole number expected, found a text",
    ],
    [
      "no number",
      (s) => void (at(s, ["domain"])["ticks"] = Number.NaN),
      "domain.ticks: a whole number expected, found NaN",
    ],
    [
      "memory of another size",
      (s) => void (at(s, ["memory"])["regions"] = []),
      "memory: memory state is of another layout",
    ],
    [
      "a piece of memory elsewhere",
      (s) => void (at(s, ["memory", "runs", "0"])["base"] = 2 ** 40),
      "memory: memory state has",
    ],
    [
      "a translation to where no memory is",
      (s) => void (at(s, ["domain", "vcpus", "1", "state", "cpu"])["translations"] = Uint32Array.of(0x1000, 0, 0, 16)),
      "domain: translations[0]: a page of RAM or ROM expected, found 0x1000000000",
    ],
    [
      "random numbers to come left out",
      (s) => void delete at(s, ["devices", "devices", "rng"])["random"],
      "devices.devices.rng.random: a whole number expected, found nothing",
    ],
    ["a vCPU too few", (s) => void (at(s, ["domain", "vcpus"])["length"] = 1), "domain: domain state has 1 vCPUs"],
    [
      "an alarm that nobody has",
      (s) => void (at(s, ["clock", "alarms", "0"])["name"] = "nobody"),
      'clock: clock state has an alarm "nobody"',
    ],
  ])("%s: refused by name, and nothing has changed", (_, change, message) => {
    expect(load(change)).toContain(message);
    expect(isDeepStrictEqual(target.save(), before)).toBe(true);
  });

  it.each([undefined, null, 5, "state", [], {}])("%j is no state", (state) => {
    expect(() => target.load(state as never as MachineState)).toThrow("expected 1");
  });

  it("any field changed to anything: refused with nothing changed, or the machine runs on", () => {
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
      const keys = Object.keys(value);
      for (const key of keys.length > 40 ? keys.slice(0, 5) : keys) walk((value as Tree)[key], [...path, key]);
    };
    walk(good, []);
    const odd = [
      ...[undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e300],
      ...["x", "", 5n, -1n, 1n << 70n, true, false, [], {}, [1, 2, 3], new Uint8Array(3)],
    ];
    const dice = new Dice(1);
    for (let count = Number(process.env["STATE_MUTATIONS"] ?? 40); count > 0; count--) {
      const path = dice.of(paths);
      const value = dice.oneIn(4) ? undefined : dice.of(odd);
      const result = load((state) => void (at(state, path.slice(0, -1))[path.at(-1)!] = value));
      const what = `${path.join(".")} = ${String(value)}: ${result}`;
      expect(result, what).not.toContain("another error");
      if (result === "loaded") {
        target.run({ maxInstructions: 30_000, maxSteps: 3000 });
        target.screen();
        target.load(structuredClone(before));
      }
      expect(isDeepStrictEqual(target.save(), before), what).toBe(true);
    }
  }, 600_000);
});
