/** The XSAVE family under a CPUID policy (SDM vol. 1 chapter 13). What a processor refuses was asked of one. */
import { expect, test } from "vitest";
import { createMachine, describeTiers, type Machine, type MachineOptions, Place } from "./machine.ts";

const hex = (text: string): string => text.replace(/[^0-9a-f]/g, "");
const HEADER = Place.data + 512;
const XSAVE = "0fae2500600000";
const XRSTOR = "0fae2d00600000";
const XSAVEC = "0fc72500600000";

/** 32-bit code with CR4.OSXSAVE, XCR0 = 3, EDX:EAX = 3; the area is at `Place.data`. */
function prepare(options: MachineOptions = {}): Machine {
  const machine = createMachine("protected", options);
  machine.vcpu.writeControl("cr4", 0x4_0600n);
  machine.vcpu.writeControl("xcr0", 3n);
  machine.vcpu.writeRegister(0, 3n);
  machine.memory.writeU32(Place.data + 24, 0x1f80);
  return machine;
}

describeTiers("[x86-vcpu] XCR0", () => {
  test("x87 always, SSE at will, nothing else", () => {
    const { vcpu } = createMachine("protected");
    for (const value of [0n, 2n, 5n, 7n, 9n, 0x201n, 1n << 63n]) {
      expect(vcpu.writeControl("xcr0", value)).toBe(false);
      expect(vcpu.xcr0).toBe(1n);
    }
    for (const value of [3n, 1n]) {
      expect(vcpu.writeControl("xcr0", value)).toBe(true);
      expect(vcpu.xcr0).toBe(value);
    }
  });

  test("XSETBV exits in ring 0 with CR4.OSXSAVE", () => {
    expect(createMachine("protected").run(hex("0f01d1")).vector).toBe(6);
    expect(prepare().run(hex("0f01d1")).exit.reason).toBe("xsetbv");
  });

  test("XGETBV: 0 is XCR0; 1 where the policy shows it; no other", () => {
    const machine = prepare();
    for (const ecx of [0n, 1n]) {
      machine.vcpu.writeRegister(1, ecx);
      expect(machine.run(hex("0f01d0 f4")).vector).toBe(undefined);
      expect(machine.vcpu.readRegister(0)).toBe(3n);
    }
    machine.vcpu.writeRegister(1, 2n);
    expect(machine.run(hex("0f01d0")).vector).toBe(13);
    const hidden = prepare({ without: ["xgetbv1"] });
    hidden.vcpu.writeRegister(1, 1n);
    expect(hidden.run(hex("0f01d0")).vector).toBe(13);
  });
});

describeTiers("[x86-vcpu] XSAVE family under a policy", () => {
  // xsave, xsaveopt, xsavec, xsaves, all of the area at 0x6000.
  test.each([
    ["xsave", XSAVE],
    ["xsaveopt", "0fae3500600000"],
    ["xsavec", XSAVEC],
    ["xsaves", "0fc72d00600000"],
  ])("%s is #UD unless shown", (feature, code) => {
    expect(prepare().run(`${code}f4`).vector).toBe(undefined);
    const machine = createMachine("protected", { without: [feature] });
    machine.vcpu.writeControl("cr4", 0x4_0600n);
    expect(machine.run(code).vector).toBe(6);
  });

  test("XSAVE writes what EDX:EAX and XCR0 have in common, and keeps the other bits of XSTATE_BV", () => {
    const machine = prepare();
    machine.memory.writeU64(HEADER, 0xff00n);
    machine.vcpu.writeRegister(0, 0xffff_fffen);
    machine.memory.writeU16(Place.data, 0x1234);
    machine.run(`${XSAVE}f4`);
    expect(machine.memory.readU64(HEADER)).toBe(0xff02n);
    expect(machine.memory.readU16(Place.data)).toBe(0x1234); // no x87 state
  });

  // Byte of the header, value, what XRSTOR does with it: standard form, and compacted with XCOMP_BV = 1 << 63 | 3.
  test.each([
    ["XSTATE_BV: a component that XCR0 does not have", 0, 4, 13, 13],
    ["XCOMP_BV: a component that XCR0 does not have", 8, 4, 13, 13],
    ["byte 16", 16, 1, 13, 13],
    ["byte 24", 24, 1, undefined, 13],
    ["byte 63", 63, 1, undefined, 13],
  ] as const)("XRSTOR, header: %s", (_name, at, value, standard, compacted) => {
    const machine = prepare();
    machine.memory.writeU8(HEADER + at, value);
    expect(machine.run(`${XRSTOR}f4`).vector).toBe(standard);
    const compact = prepare();
    compact.memory.writeU64(HEADER + 8, (1n << 63n) | 3n);
    compact.memory.writeU8(HEADER + at, (compact.memory.readU8(HEADER + at) ?? 0) | value);
    expect(compact.run(`${XRSTOR}f4`).vector).toBe(compacted);
  });

  test("XRSTOR: the compacted form where the policy has XSAVEC only", () => {
    const machine = prepare();
    machine.run(`${XSAVEC}f4`);
    expect(machine.memory.readU64(HEADER + 8)).toBe((1n << 63n) | 3n);
    expect(machine.run(`${XRSTOR}f4`).vector).toBe(undefined);
    const hidden = prepare({ without: ["xsavec"] });
    hidden.memory.writeU64(HEADER, 3n);
    hidden.memory.writeU64(HEADER + 8, (1n << 63n) | 3n);
    expect(hidden.run(`${XRSTOR}f4`).vector).toBe(13);
  });

  test("misaligned areas are #GP", () => {
    expect(prepare().run(hex("0fae2520600000")).vector).toBe(13);
  });
});
