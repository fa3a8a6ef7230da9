/** The board seen by guests: interrupts through the APICs, processors that are started, ACPI's power, PCI. */
import { loadFlat } from "guest-loader";
import type { BlockBackend } from "pc-devices";
import { describe, expect, it } from "vitest";
import { createMachine, type Machine } from "./machine.ts";
import type { MachineConfig } from "./machine-config.ts";

/** 32-bit code at 1 MiB, on one processor or more. */
function guest(code: readonly number[], config: MachineConfig = {}): Machine {
  const machine = createMachine({ memory: 4, ...config });
  machine.boot(loadFlat(Uint8Array.from(code), { address: 0x10_0000, mode: "protected" }));
  return machine;
}
const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
/** mov dword [address], value */
const poke = (address: number, value: number): number[] => [0xc7, 0x05, ...dword(address), ...dword(value)];
/** mov dx, port; mov ax, value; out dx, ax */
const out16 = (port: number, value: number): number[] => [
  ...[0x66, 0xba, port & 0xff, port >> 8],
  ...[0x66, 0xb8, value & 0xff, value >> 8, 0x66, 0xef],
];
/** mov dx, port; mov eax, value; out dx, eax */
const out32 = (port: number, value: number): number[] => [
  0x66,
  0xba,
  port & 0xff,
  port >> 8,
  0xb8,
  ...dword(value),
  0xef,
];
/** mov dx, port; in eax, dx; mov [0x8000], eax */
const in32 = (port: number, to = 0x8000): number[] => [0x66, 0xba, port & 0xff, port >> 8, 0xed, 0xa3, ...dword(to)];
const HALT = [0xfa, 0xf4];
const LIMIT = { maxInstructions: 10_000_000 };

describe("[board] ACPI", () => {
  it("SLP_EN with type 5 is soft off; another type is not", () => {
    const off = guest([...out16(0xb004, (5 << 10) | (1 << 13)), 0xeb, 0xfe]);
    expect(off.run(LIMIT)).toMatchObject({ kind: "shutdown", shutdown: { reason: "poweroff" } });
    expect(guest([...out16(0xb004, (1 << 10) | (1 << 13)), ...HALT]).run(LIMIT)).toEqual({ kind: "halted" });
    const without = guest([...out16(0xb004, (5 << 10) | (1 << 13)), ...HALT], { acpi: false });
    expect(without.run(LIMIT)).toEqual({ kind: "halted" });
    expect(without.devices.pressPowerButton()).toBe(false);
  });

  it("the power button sets PWRBTN_STS (bit 8)", () => {
    const machine = guest([...in32(0xb000), ...HALT]);
    expect(machine.devices.pressPowerButton()).toBe(true);
    machine.run(LIMIT);
    expect(machine.memory.readU32(0x8000)! & 0x100).toBe(0x100);
  });
});

describe("[board] local APICs", () => {
  it("every processor finds its own APIC ID at the same address", () => {
    // STARTUP to processor 1 at 0x9000: INIT, then STARTUP with vector 9 (SDM vol. 3 §9.4.4).
    const machine = guest(
      [...poke(0xfee0_0310, 1 << 24), ...poke(0xfee0_0300, 0x4500), ...poke(0xfee0_0300, 0x4609), 0xeb, 0xfe],
      {
        vcpus: 2,
      },
    );
    // 16 bits: mov eax, 1; cpuid; mov [0x8000], ebx; inc dword [0x8004]; cli; hlt
    const second = [
      0x66, 0xb8, 1, 0, 0, 0, 0x0f, 0xa2, 0x31, 0xc9, 0x8e, 0xd9, 0x66, 0x89, 0x1e, 0, 0x80, 0x66, 0xff, 0x06, 4, 0x80,
    ];
    machine.memory.write(0x9000, Uint8Array.from([...second, ...HALT]));
    machine.run({ maxInstructions: 100_000 });
    expect(machine.memory.readU32(0x8000)! >>> 24).toBe(1);
    // Once: a second STARTUP to a processor that runs is ignored.
    expect(machine.memory.readU32(0x8004)).toBe(1);
    expect(machine.vcpus[1]!.retired).toBeGreaterThan(5);
  });

  it("without an APIC nothing answers at its address, and CPUID says so", () => {
    const code = [
      0xa1,
      ...dword(0xfee0_0030),
      0xa3,
      ...dword(0x8000),
      0xb8,
      1,
      0,
      0,
      0,
      0x0f,
      0xa2,
      0x89,
      0x15,
      ...dword(0x8004),
      ...HALT,
    ];
    const off = guest(code, { apic: false });
    off.run(LIMIT);
    expect([off.memory.readU32(0x8000), off.memory.readU32(0x8004)! & (1 << 9)]).toEqual([0xffff_ffff, 0]);
    const on = guest(code);
    on.run(LIMIT);
    expect([on.memory.readU32(0x8000)! & 0xff, on.memory.readU32(0x8004)! & (1 << 9)]).toEqual([0x14, 1 << 9]);
  });

  /** IDT with one interrupt gate for vector 0x40 at 0x5000, handler at 0x6000: inc dword [0x8000]; mov dword [EOI], 0; iret. */
  const withHandler = (code: readonly number[], config: MachineConfig = {}): Machine => {
    const idtr = [0xff, 0x03, ...dword(0x5000)];
    // lidt [0x7000] comes first.
    const machine = guest([0x0f, 0x01, 0x1d, ...dword(0x7000), 0xbc, ...dword(0xf000), ...code], config);
    machine.memory.write(0x7000, Uint8Array.from(idtr));
    machine.memory.write(0x5000 + 0x40 * 8, Uint8Array.from([0x00, 0x60, 0x08, 0, 0, 0x8e, 0, 0]));
    machine.memory.write(0x6000, Uint8Array.from([0xff, 0x05, ...dword(0x8000), ...poke(0xfee0_00b0, 0), 0xcf]));
    return machine;
  };

  it("the timer interrupts a halted processor: idle time is jumped over", () => {
    // Periodic, vector 0x40, divide by 1, 10,000,000 counts at 100 MHz: every 100 ms.
    const timer = [...poke(0xfee0_03e0, 0xb), ...poke(0xfee0_0320, 0x2_0040), ...poke(0xfee0_0380, 10_000_000)];
    const machine = withHandler([...timer, 0xfb, 0xf4, 0xeb, 0xfd]);
    expect(machine.run({ untilNs: 1_050_000_000n })).toEqual({ kind: "time" });
    expect(machine.memory.readU32(0x8000)).toBe(10);
    expect(machine.retired).toBeLessThan(1000);
  });

  it("TSC-deadline: IA32_TSC_DEADLINE in the time-stamp counter's own units", () => {
    // rdtsc; add eax, 26,000,000 (10 ms at 2.6 GHz); adc edx, 0; mov ecx, 0x6e0; wrmsr
    const deadline = [0x0f, 0x31, 0x05, ...dword(26_000_000), 0x83, 0xd2, 0, 0xb9, ...dword(0x6e0), 0x0f, 0x30];
    const machine = withHandler([...poke(0xfee0_0320, 0x4_0040), ...deadline, 0xfb, 0xf4, ...HALT]);
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    expect(machine.memory.readU32(0x8000)).toBe(1);
    const ms = Number(machine.clock.nowNs()) / 1e6;
    expect(ms).toBeGreaterThan(10);
    expect(ms).toBeLessThan(10.1);
  });

  it("a machine saved while its timer runs goes on with the same trace", () => {
    const timer = [...poke(0xfee0_03e0, 0xb), ...poke(0xfee0_0320, 0x2_0040), ...poke(0xfee0_0380, 1_000_000)];
    const make = (): Machine => withHandler([...timer, 0xfb, 0xf4, 0xeb, 0xfd], { vcpus: 2 });
    const whole = make();
    whole.run({ untilNs: 200_000_000n });
    const first = make();
    first.run({ untilNs: 77_000_000n });
    const second = make();
    second.load(structuredClone(first.save()));
    second.run({ untilNs: 200_000_000n });
    expect(second.traceHash()).toBe(whole.traceHash());
    expect(second.memory.readU32(0x8000)).toBe(whole.memory.readU32(0x8000));
  });
});

it("[board] eight processors have room", () => {
  expect(createMachine({ memory: 4, vcpus: 8 }).vcpus).toHaveLength(8);
});

describe("[board] PCI", () => {
  const ids = (slot: number): number[] => [
    ...out32(0xcf8, 0x8000_0000 + slot * 0x800),
    ...in32(0xcfc, 0x8000 + slot * 4),
  ];
  const disk: BlockBackend = { sectors: 1, readSectors: () => new Uint8Array(512), writeSectors: () => false };

  it("bridges, entropy device and disks in their slots; nothing else", () => {
    const machine = guest([...[0, 1, 2, 3, 4, 5].flatMap(ids), ...HALT], { disks: [{ backend: disk }] });
    machine.run(LIMIT);
    expect([0, 1, 2, 3, 4, 5].map((slot) => machine.memory.readU32(0x8000 + slot * 4))).toEqual([
      0x1237_8086, 0x7000_8086, 0xffff_ffff, 0x1044_1af4, 0x1042_1af4, 0xffff_ffff,
    ]);
  });

  it("a base address on RAM is not mapped, and RAM stays RAM", () => {
    const code = [
      ...out32(0xcf8, 0x8000_1810),
      ...out32(0xcfc, 0x20_0000),
      // Memory decoding on.
      ...[...out32(0xcf8, 0x8000_1804), ...out32(0xcfc, 2)],
      ...poke(0x20_0000, 0x1234_5678),
      ...HALT,
    ];
    const machine = guest(code);
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    expect(machine.memory.readU32(0x20_0000)).toBe(0x1234_5678);
  });

  it.each([
    [
      "more disks than there is room for",
      { disks: Array(9).fill({ backend: disk }) },
      "disk: at most 8 expected, found 9",
    ],
    ["disks without PCI", { pci: false, disks: [{ backend: disk }] }, "disk: disks are on the PCI bus, and pci is off"],
  ])("refuses %s", (_, config, message) => {
    expect(() => createMachine(config)).toThrow(message);
  });
});

describe("[board] saved between an access to a device and the end of its instruction", () => {
  it("the device does not see it again", () => {
    // A write with an effect each time: the interrupt command register, NMI to oneself.
    const code = [...poke(0xfee0_0300, 0x4_4400), ...HALT];
    const sent = (machine: Machine): number => machine.domain.exitCounts["ept-violation"] ?? 0;
    const first = guest(code);
    while (sent(first) === 0) first.run({ maxSteps: 1 });
    const second = createMachine({ memory: 4 });
    second.load(structuredClone(first.save()));
    second.run({ maxSteps: 1 });
    first.run({ maxSteps: 1 });
    expect([sent(first), sent(second)]).toEqual([1, 1]);
    expect(second.traceHash()).toBe(first.traceHash());
  });
});
