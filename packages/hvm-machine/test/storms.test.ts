/**
 * Guests that make a device or an interrupt controller work as hard as they can: each run ends by its budget of instructions, and what the host has done for
 * it is bounded by it. Counts, not seconds: they are the same on every machine.
 */
import { loadFlat } from "guest-loader";
import { createMachine, type Machine, type MachineConfig } from "hvm-machine";
import { describe, expect, it } from "vitest";

const BUDGET = 1_000_000;
const OVERSHOOT = 4_200_000;
const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
const poke = (address: number, value: number): number[] => [0xc7, 0x05, ...dword(address), ...dword(value)];
/** mov ecx, index; mov eax, low; mov edx, 0; wrmsr */
const wrmsr = (index: number, low: number): number[] => [
  ...[0xb9, ...dword(index), 0xb8, ...dword(low), 0xba, ...dword(0)],
  ...[0x0f, 0x30],
];
const forEver = (body: readonly number[]): number[] => [...body, 0xe9, ...dword(-(body.length + 5))];
const SPIN = [0xeb, 0xfe];
const apicTimer = [
  ...[...poke(0xfee0_00f0, 0x1ff), ...poke(0xfee0_03e0, 0xb), ...poke(0xfee0_0320, 0x2_0040), ...poke(0xfee0_0380, 1)],
];
const x2apic = wrmsr(0x1b, 0xfee0_0d00);
const hpet = [
  ...poke(0xfed0_0010, 1),
  ...[0, 1, 2].flatMap((timer) => [
    ...poke(0xfed0_0100 + timer * 0x20, 0x4c | ((20 + timer) << 9)),
    ...[...poke(0xfed0_0108 + timer * 0x20, 1), ...poke(0xfed0_0108 + timer * 0x20, 1)],
  ]),
];
const out = (port: number, value: number): number[] => [0xb0, value, 0xe6, port];
const pit = [...out(0x43, 0x34), ...out(0x40, 1), ...out(0x40, 0)];

function run(code: readonly number[], config: MachineConfig = {}): Machine {
  const machine = createMachine({ memory: 4, ...config });
  machine.boot(loadFlat(Uint8Array.from(code), { address: 0x10_0000, mode: "protected" }));
  machine.memory.write(0x9000, Uint8Array.of(0xfa, 0xf4));
  expect(machine.run({ maxInstructions: BUDGET, maxSteps: 2 * BUDGET }).kind).toBe("instructions");
  expect(machine.domain.ticks).toBeLessThan(BUDGET + OVERSHOOT);
  return machine;
}
const exits = ({ domain }: Machine): number => Object.values(domain.exitCounts).reduce((sum, count) => sum + count, 0);

describe("[hvm-machine] storms", () => {
  it.each<[string, readonly number[], MachineConfig, number]>([
    // Seven processors are reset by each: 70,000 ticks.
    ["INIT to all others, by x2APIC", [...x2apic, ...forEver(wrmsr(0x830, 0xc_4500))], { vcpus: 8 }, 20],
    [
      "INIT and STARTUP",
      [...x2apic, ...forEver([...wrmsr(0x830, 0xc_4500), ...wrmsr(0x830, 0xc_4609)])],
      { vcpus: 8 },
      250,
    ],
    ["interrupts to oneself", [...x2apic, ...forEver(wrmsr(0x83f, 0x40))], {}, BUDGET / 4],
    ["a serial port written for ever", [0x66, 0xba, 0xf8, 3, ...forEver([0xee])], {}, BUDGET / 1000 + 10],
    [
      "a serial port written by strings",
      [0xfc, 0x66, 0xba, 0xf8, 3, ...forEver([0xb9, ...dword(0x1000), 0xbe, ...dword(0x8000), 0xf3, 0x6e])],
      {},
      10,
    ],
    ["the i8042 written for ever", forEver([...out(0x64, 0xd4), ...out(0x60, 0xff)]), {}, BUDGET / 1000 + 10],
    ["VGA memory", forEver([0xa3, ...dword(0xb_8000)]), { vga: true, videoRam: 1 }, BUDGET / 1000 + 10],
    [
      "a PCI function moved about",
      [
        ...[0x66, 0xba, 0xf8, 0x0c, 0xb8, ...dword(0x8000_1804), 0xef, 0x66, 0xba, 0xfc, 0x0c, 0xb8, ...dword(7), 0xef],
        ...[0x66, 0xba, 0xf8, 0x0c, 0xb8, ...dword(0x8000_1810), 0xef, 0x66, 0xba, 0xfc, 0x0c],
        ...forEver([0xb8, ...dword(0xe000_0000), 0xef, 0xb8, ...dword(0xe100_0000), 0xef]),
      ],
      {},
      BUDGET / 1000 + 10,
    ],
  ])("%s", (_, code, config, most) => {
    expect(exits(run(code, config))).toBeLessThan(most);
  });

  it.each<[string, readonly number[]]>([
    ["a local APIC's timer of one count", apicTimer],
    ["three HPET comparators of one tick", hpet],
    ["an 8254 of one count", pit],
    ["all of them", [...apicTimer, ...hpet, ...pit]],
  ])("%s: a millisecond of it is at most some thousand alarms", (_, code) => {
    const machine = run([...code, ...SPIN]);
    // Each alarm ends the processor's run; so runs count alarms.
    const goal = machine.domain.ticks + 1_000_000;
    let steps = 0;
    while (steps < 20_000 && machine.domain.ticks < goal) {
      machine.run({ maxInstructions: goal - machine.domain.ticks, maxSteps: 100 });
      steps += 100;
    }
    expect(steps).toBeLessThan(8_000);
  });

  it("an idle guest whose timer nobody takes: a step for each microsecond, not for each count", () => {
    const machine = createMachine({ memory: 4 });
    const masked = [...poke(0xfee0_0080, 0xff), ...apicTimer, 0xfb, 0xf4, 0xeb, 0xfd];
    machine.boot(loadFlat(Uint8Array.from(masked), { address: 0x10_0000, mode: "protected" }));
    expect(machine.run({ maxSteps: 20_000 }).kind).toBe("steps");
    expect(machine.clock.nowNs()).toBeGreaterThan(19_000_000n);
  });
});
