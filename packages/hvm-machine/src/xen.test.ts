import { loadFlat } from "guest-loader";
import { describe, expect, it } from "vitest";
import { createMachine, type Machine, type MachineConfig } from "./index.ts";

const ENTRY = 0x10_0000;
const TEXT = ENTRY + 0x100;
const PAGE = 0x2000;

const dword = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >>> 24) & 0xff,
];
const mov = (register: "eax" | "ecx" | "edx" | "ebx" | "esp", value: number): number[] => [
  0xb8 + ["eax", "ecx", "edx", "ebx", "esp"].indexOf(register),
  ...dword(value),
];
/** Through the stub of the hypercall page: mov eax, stub; call eax. */
const call = (number: number): number[] => [...mov("eax", PAGE + number * 32), 0xff, 0xd0];
const WRMSR = [0x0f, 0x30];

/** Places the hypercall page by `msr`, writes five bytes by console_io, powers off by sched_op. The word behind the text is 0: poweroff. */
function kernel(msr: number): Uint8Array {
  const code = [
    ...mov("esp", 0x9000),
    ...mov("ecx", msr),
    ...mov("eax", PAGE),
    ...mov("edx", 0),
    ...WRMSR,
    ...[...mov("ebx", 0), ...mov("ecx", 5), ...mov("edx", TEXT), ...call(18)],
    ...[...mov("ebx", 2), ...mov("ecx", TEXT + 8), ...call(29)],
    0xf4,
  ];
  const image = new Uint8Array(0x200);
  image.set(code);
  image.set(new TextEncoder().encode("xen!\n"), 0x100);
  return image;
}

function boot(msr: number, config: MachineConfig): { machine: Machine; output: () => string } {
  let text = "";
  const machine = createMachine({
    memory: 4,
    tier: 0,
    ...config,
    xenConsole: (bytes) => {
      text += new TextDecoder().decode(bytes);
    },
  });
  machine.boot(loadFlat(kernel(msr), { address: ENTRY, mode: "protected" }));
  return { machine, output: () => text };
}

describe("[hvm-machine] Xen's hypercalls", () => {
  it.each([
    ["vmx", 0, 0x4000_0000],
    ["svm", 0, 0x4000_0000],
    ["vmx", 11, 0x4000_0200],
  ] as const)("%s, vmware_hw %d: a kernel calls through its page", (flavour, vmwareHw, msr) => {
    const { machine, output } = boot(msr, { personality: "xen-v6", flavour, vmwareHw });
    expect(machine.run({ maxInstructions: 100_000 })).toMatchObject({
      kind: "shutdown",
      shutdown: { reason: "poweroff", cause: "request" },
    });
    expect(output()).toBe("xen!\n");
  });

  it.each([
    ["the MSR is elsewhere", 0x4000_0200, { personality: "xen-v6" }],
    ["another personality has no Xen", 0x4000_0000, { personality: "vmware" }],
  ] as const)("%s: #GP, which this kernel does not survive", (_, msr, config) => {
    const { machine, output } = boot(msr, config);
    expect(machine.run({ maxInstructions: 100_000 })).toMatchObject({ shutdown: { cause: "triple-fault" } });
    expect(output()).toBe("");
  });

  it("saved behind the page's placing, loaded into another machine: the same end", () => {
    const whole = boot(0x4000_0000, { personality: "xen-v6" });
    whole.machine.run({ maxInstructions: 100_000 });
    const first = boot(0x4000_0000, { personality: "xen-v6" });
    first.machine.run({ maxInstructions: 6 });
    const second = createMachine({ memory: 4, tier: 0, personality: "xen-v6" });
    second.load(structuredClone(first.machine.save()));
    second.run({ maxInstructions: 100_000 });
    expect(second.traceHash()).toBe(whole.machine.traceHash());
  });
});

describe("[hvm-machine] Xen's console ring", () => {
  const RING = 0xfeff_f000;
  /** mov dword [address], value */
  const poke = (address: number, value: number): number[] => [0xc7, 0x05, ...dword(address), ...dword(value)];
  /** Asks for CONSOLE_EVTCHN (18), writes "ok" into the ring, notifies, waits for input, echoes its first byte. */
  const guest = [
    ...[...mov("esp", 0x9000), ...mov("ecx", 0x4000_0000), ...mov("eax", PAGE), ...mov("edx", 0), ...WRMSR],
    ...[...poke(0x6000, 0x7ff0), ...poke(0x6004, 18), ...mov("ebx", 1), ...mov("ecx", 0x6000), ...call(34)],
    ...[...poke(RING + 1024, 0x6b6f), ...poke(RING + 3084, 2)],
    // struct evtchn_send at 0x6008: the parameter's value.
    ...[...mov("ebx", 4), ...mov("ecx", 0x6008), ...call(32)],
    // wait: mov eax, [in_prod]; test eax, eax; jz wait
    ...[0xa1, ...dword(RING + 3076), 0x85, 0xc0, 0x74, 0xf7],
    // mov al, [in]; mov [out + 2], al; out_prod = 3; notify; power off
    ...[0xa0, ...dword(RING), 0xa2, ...dword(RING + 1026), ...poke(RING + 3084, 3)],
    ...[...mov("ebx", 4), ...mov("ecx", 0x6008), ...call(32)],
    ...[...poke(0x6040, 0), ...mov("ebx", 2), ...mov("ecx", 0x6040), ...call(29)],
  ];

  it("text comes out when the guest notifies; input arrives", () => {
    const machine = createMachine({ memory: 4, personality: "xen-v6" });
    machine.boot(loadFlat(Uint8Array.from(guest), { address: ENTRY, mode: "protected" }));
    let text = "";
    const undo = machine.xenConsole.onOutput((bytes) => {
      text += new TextDecoder().decode(bytes);
    });
    expect(machine.run({ maxInstructions: 100_000 }).kind).toBe("instructions");
    expect(text).toBe("ok");
    expect(machine.xenConsole.input(new TextEncoder().encode("!"))).toBe(1);
    expect(machine.run({ maxInstructions: 100_000 })).toMatchObject({ shutdown: { reason: "poweroff" } });
    expect(text).toBe("ok!");
    undo();
  });

  it("a machine without Xen has neither ring nor page", () => {
    const machine = createMachine({ memory: 4 });
    expect(machine.xenConsole.input(Uint8Array.of(1))).toBe(0);
    expect(machine.memory.isWritable(RING)).toBe(false);
  });
});

describe("[hvm-machine] forced emulation prefix", () => {
  // ud2a; .ascii "xen"; mov eax, 42; mov [0x8000], eax; cli; hlt
  const code = [0x0f, 0x0b, 0x78, 0x65, 0x6e, ...mov("eax", 42), 0xa3, ...dword(0x8000), 0xfa, 0xf4];
  const run = (bytes: readonly number[], config: MachineConfig) => {
    const machine = createMachine({ memory: 4, ...config });
    machine.boot(loadFlat(Uint8Array.from(bytes), { address: ENTRY, mode: "protected" }));
    return { stop: machine.run({ maxInstructions: 10_000 }), value: machine.memory.readU32(0x8000) };
  };

  it.each([
    ["vmx", 0],
    ["vmx", 1],
    ["svm", 1],
  ] as const)("%s, tier %d: the instruction behind it runs", (flavour, tier) => {
    expect(run(code, { forcedEmulation: true, flavour, tier })).toEqual({ stop: { kind: "halted" }, value: 42 });
  });

  it("is off unless asked for: #UD", () => {
    expect(run(code, {})).toMatchObject({ stop: { shutdown: { cause: "triple-fault" } }, value: 0 });
  });

  it("a guest of nothing but prefixes ends by its budget", () => {
    const prefix = code.slice(0, 5);
    const bytes = [...prefix, ...prefix, 0xeb, 0xf4];
    expect(run(bytes, { forcedEmulation: true }).stop).toEqual({ kind: "instructions" });
  });
});
