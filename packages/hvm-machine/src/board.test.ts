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

  it.each([
    ["power", 8, (machine: Machine) => machine.devices.pressPowerButton()],
    ["sleep", 9, (machine: Machine) => machine.devices.pressSleepButton()],
  ])("the %s button sets its status (PM1 bit %i)", (_, bit, press) => {
    const machine = guest([...in32(0xb000), ...HALT]);
    expect(press(machine)).toBe(true);
    machine.run(LIMIT);
    expect(machine.memory.readU32(0x8000)! & 0x700).toBe(1 << bit);
  });

  it("the RTC's alarm sets RTC_STS (bit 10), beside its interrupt", () => {
    const cmos = (index: number, value: number): number[] => [0xb0, index, 0xe6, 0x70, 0xb0, value, 0xe6, 0x71];
    // Seconds alarm at 2, any minute, any hour; alarm interrupt on; then until status is set: in eax, dx; test ah, 4; jz.
    const code = [
      ...[...cmos(1, 0x02), ...cmos(3, 0xff), ...cmos(5, 0xff), ...cmos(0x0b, 0x22)],
      ...[0x66, 0xba, 0x00, 0xb0, 0xed, 0xf6, 0xc4, 4, 0x74, 0xfa, ...HALT],
    ];
    // A slow machine: two seconds are soon over.
    const machine = guest(code, { instructionsPerSecond: 1_000_000 });
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    expect(Number(machine.clock.nowNs()) / 1e9).toBeCloseTo(2, 2);
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

  it("INIT stops a running processor, also one that sends it to itself; the next STARTUP starts it where it says", () => {
    const ipi = (low: number): number[] => [...poke(0xfee0_0310, 1 << 24), ...poke(0xfee0_0300, low)];
    // mov ecx, 10000; loop
    const pause = [0xb9, ...dword(10_000), 0xe2, 0xfe];
    const first = [
      ...ipi(0x4500),
      ...ipi(0x4609),
      ...pause,
      ...ipi(0x460a),
      ...pause,
      ...ipi(0x4500),
      ...ipi(0x460b),
      ...pause,
    ];
    const machine = guest([...first, ...HALT], { vcpus: 2 });
    const count = (to: number): number[] => [0x31, 0xc9, 0x8e, 0xd9, 0x66, 0xff, 0x06, to & 0xff, to >> 8];
    const wrmsr = (index: number, low: number, high: number): number[] => [
      ...[0x66, 0xb9, ...dword(index), 0x66, 0xb8, ...dword(low), 0x66, 0xba, ...dword(high), 0x0f, 0x30],
    ];
    // 0x9000: counts, then INIT to itself in x2APIC mode, and never comes to the next count.
    machine.memory.write(
      0x9000,
      Uint8Array.from([...count(0x8000), ...wrmsr(0x1b, 0xfee0_0c00, 0), ...wrmsr(0x830, 0x4500, 1), ...count(0x8004)]),
    );
    // 0xa000: counts and goes on for ever. 0xb000: counts and halts.
    machine.memory.write(0xa000, Uint8Array.from([...count(0x8008), 0xeb, 0xfe]));
    machine.memory.write(0xb000, Uint8Array.from([...count(0x800c), ...HALT]));
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    expect([0, 4, 8, 12].map((offset) => machine.memory.readU32(0x8000 + offset))).toEqual([1, 0, 1, 1]);
  });

  it("CR8 is the APIC's task priority: what has waited comes when it falls (SDM vol. 3 §12.8.6)", () => {
    // Above the page tables of the flat loader.
    const AT = 0x2_8000;
    const machine = createMachine({ memory: 4 });
    const store = (to: number): number[] => [0x8b, 0x1c, 0x25, ...dword(AT), 0x89, 0x1c, 0x25, ...dword(to)];
    const cr8 = (value: number): number[] => [0xb8, ...dword(value), 0x44, 0x0f, 0x22, 0xc0];
    const code = [
      // lidt [0x27000]; mov esp, 0x2f000; priority 5; mov edi, 0xfee00300; vector 0x40 to itself; sti
      ...[0x0f, 0x01, 0x1c, 0x25, ...dword(0x2_7000), 0xbc, ...dword(0x2_f000), ...cr8(5)],
      ...[0xbf, ...dword(0xfee0_0300), 0xc7, 0x07, ...dword(0x4_0040), 0xfb, 0x90, 0x90, ...store(AT + 4)],
      // The same register by memory: mov eax, [rdi - 0x280]; mov [0x2800c], eax
      ...[0x8b, 0x87, ...dword(-0x280), 0x89, 0x04, 0x25, ...dword(AT + 12)],
      ...[...cr8(3), 0x90, ...store(AT + 8), ...HALT],
    ];
    machine.boot(loadFlat(Uint8Array.from(code), { address: 0x10_0000, mode: "long" }));
    machine.memory.write(0x2_7000, Uint8Array.from([0xff, 0x0f, ...dword(0x2_5000), ...dword(0)]));
    // A 64-bit interrupt gate to 0x26000 (SDM vol. 3 figure 6-8); inc dword [0x28000]; iretq
    machine.memory.write(0x2_5000 + 0x40 * 16, Uint8Array.from([0, 0x60, 0x18, 0, 0, 0x8e, 2, 0]));
    machine.memory.write(0x2_6000, Uint8Array.from([0xff, 0x04, 0x25, ...dword(AT), 0x48, 0xcf]));
    expect(machine.run(LIMIT)).toEqual({ kind: "halted" });
    expect([4, 8, 12].map((offset) => machine.memory.readU32(AT + offset))).toEqual([0, 1, 0x50]);
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

  it("a VGA is in slot 2: window and linear framebuffer show on the screen, and are saved", () => {
    const config = { vga: true, videoRam: 1 } as const;
    const dispi = (register: number, value: number): number[] => [...out16(0x1ce, register), ...out16(0x1cf, value)];
    const code = [
      ...poke(0xb_8000, 0x1742_1741),
      ...[...out32(0xcf8, 0x8000_1010), ...out32(0xcfc, 0xe000_0000), ...out32(0xcf8, 0x8000_1004), ...out32(0xcfc, 3)],
      ...[0xe4, 0x80, ...dispi(1, 64), ...dispi(2, 32), ...dispi(3, 32), ...dispi(4, 0x41)],
      ...[...poke(0xe000_0004, 0x0011_2233), ...HALT],
    ];
    const machine = guest(code, config);
    machine.run({ maxInstructions: 30 });
    while (machine.screen()!.width === 720) machine.run({ maxSteps: 1 });
    machine.run(LIMIT);
    const other = createMachine({ memory: 4, ...config });
    other.load(structuredClone(machine.save()));
    for (const { width, height, rgba } of [machine.screen()!, other.screen()!])
      expect([width, height, ...rgba.subarray(4, 8)]).toEqual([64, 32, 0x11, 0x22, 0x33, 255]);
    expect(guest([...poke(0xb_8000, 0x1742_1741), ...HALT], config).run(LIMIT)).toEqual({ kind: "halted" });
  });

  it("network cards and a virtio console are in their slots", () => {
    const machine = guest([...[12, 13, 14, 16].flatMap(ids), ...HALT], { networks: [{}, {}], virtioConsole: true });
    machine.run(LIMIT);
    expect([12, 13, 14, 16].map((slot) => machine.memory.readU32(0x8000 + slot * 4))).toEqual([
      0x1041_1af4, 0x1041_1af4, 0xffff_ffff, 0x1043_1af4,
    ]);
    const [first, second] = machine.devices.networks;
    expect([[...first!.mac], [...second!.mac]]).toEqual([
      [0x00, 0x16, 0x3e, 0, 0, 1],
      [0x00, 0x16, 0x3e, 0, 0, 2],
    ]);
    expect(first!.receive(new Uint8Array(60)), "no driver yet").toBe(false);
  });

  it("the entropy device goes on with the numbers that would have come next (VIRTIO 1.2 §5.4)", () => {
    const bar = 0xe000_0000;
    const status = (value: number): number[] => [0xc6, 0x05, ...dword(bar + 0x14), value];
    const poke16 = (address: number, value: number): number[] => [
      ...[0x66, 0xc7, 0x05, ...dword(address)],
      ...[value & 0xff, value >> 8],
    ];
    const [descriptors, available, used, bytes] = [0x9000, 0xa000, 0xb000, 0xc000];
    const ask = (count: number): number[] => [...poke16(available + 2, count), ...poke16(bar + 0x3000, 0)];
    const code = [
      ...[...out32(0xcf8, 0x8000_1810), ...out32(0xcfc, bar), ...out32(0xcf8, 0x8000_1804), ...out32(0xcfc, 6)],
      // Features: VERSION_1 alone.
      ...[...status(0), ...status(1), ...status(3), ...poke(bar + 0x08, 1), ...poke(bar + 0x0c, 1), ...status(0xb)],
      ...[...poke(bar + 0x20, descriptors), ...poke(bar + 0x28, available), ...poke(bar + 0x30, used)],
      ...[...poke16(bar + 0x18, 4), ...poke16(bar + 0x1c, 1), ...status(0xf)],
      ...[0, 1].flatMap((n) => [
        ...[...poke(descriptors + 16 * n, bytes + 64 * n), ...poke(descriptors + 16 * n + 8, 64)],
        ...[...poke16(descriptors + 16 * n + 12, 2), ...poke16(available + 4 + 2 * n, n)],
      ]),
      ...[...ask(1), ...ask(2), ...HALT],
    ];
    const taken = (machine: Machine): number => machine.memory.readU16(used + 2)!;
    const machine = guest(code);
    while (taken(machine) === 0) machine.run({ maxSteps: 1 });
    expect(taken(machine)).toBe(1);
    const loaded = createMachine({ memory: 4 });
    loaded.load(structuredClone(machine.save()));
    const [whole, ...others] = [guest(code), machine, loaded].map((one) => {
      expect(one.run(LIMIT)).toEqual({ kind: "halted" });
      expect(taken(one)).toBe(2);
      return one.memory.read(bytes, 128)!;
    });
    expect(others).toEqual([whole, whole]);
    expect(whole!.subarray(0, 64)).not.toEqual(whole!.subarray(64));
    expect(new Set(whole).size).toBeGreaterThan(64);
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
