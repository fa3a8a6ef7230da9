import { loadFlat } from "guest-loader";
import { describe, expect, it } from "vitest";
import { createMachine, type Machine, type MachineConfig } from "./index.ts";

const ENTRY = 0x10_0000;
const TEXT = ENTRY + 0x100;
const PAGE = 0x2000;

const imm32 = (value: number): number[] => [
  value & 0xff,
  (value >> 8) & 0xff,
  (value >> 16) & 0xff,
  (value >>> 24) & 0xff,
];
const mov = (register: "eax" | "ecx" | "edx" | "ebx" | "esp", value: number): number[] => [
  0xb8 + ["eax", "ecx", "edx", "ebx", "esp"].indexOf(register),
  ...imm32(value),
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
