/** Code bytes at CS:RIP for a hypervisor that looks at the instruction of an exit: `fetchCode`, `fetchCodeByte`. */
import { expect, test } from "vitest";
import { bytesOf, createMachine, describeTiers, type Machine, Place } from "./machine.ts";

const GP = 13;

/** At a #GP of ring 3's HLT, `at` a linear address. */
function atHlt(mode: "user64" | "user32", at: number, base = 0): Machine {
  const machine = createMachine(mode);
  const { vcpu, memory } = machine;
  memory.write(at, bytesOf("f4 11 22 33"));
  if (base !== 0) vcpu.setSegment("cs", { ...vcpu.segment("cs"), base: BigInt(base) });
  vcpu.rip = BigInt((at - base) >>> 0);
  vcpu.exceptionBitmap = 1 << GP;
  expect(vcpu.run(1)).toMatchObject({ reason: "exception", vector: GP });
  return machine;
}

describeTiers("[x86-vcpu] code bytes at hand", () => {
  for (const mode of ["user64", "user32"] as const) {
    test(`${mode}: those at RIP, as many as asked for`, () => {
      const { vcpu } = atHlt(mode, Place.code + 5);
      const into = new Uint8Array(15).fill(0xcc);
      expect(vcpu.fetchCodeByte()).toBe(0xf4);
      expect(vcpu.fetchCode(into, 3)).toBe(3);
      expect([...into.subarray(0, 4)]).toEqual([0xf4, 0x11, 0x22, 0xcc]);
      expect(vcpu.fetchCode(into)).toBe(15);
      expect(into[3]).toBe(0x33);
    });

    test(`${mode}: no further than their page`, () => {
      const { vcpu } = atHlt(mode, 0x20_1ffe);
      const into = new Uint8Array(15).fill(0xcc);
      expect(vcpu.fetchCode(into)).toBe(2);
      expect([...into.subarray(0, 3)]).toEqual([0xf4, 0x11, 0xcc]);
      vcpu.rip += 1n;
      expect(vcpu.fetchCodeByte()).toBe(0x11);
      vcpu.rip += 1n;
      expect(vcpu.fetchCodeByte(), "in the next").toBe(-1);
    });

    test(`${mode}: what they are now, and nothing when the TLB has forgotten them`, () => {
      const { vcpu, memory } = atHlt(mode, Place.code);
      memory.writeU8(Place.code, 0xed);
      expect(vcpu.fetchCodeByte()).toBe(0xed);
      vcpu.flushTlb();
      expect(vcpu.fetchCodeByte()).toBe(-1);
      expect(vcpu.fetchCode(new Uint8Array(15))).toBe(0);
    });
  }

  test("CS has a base, but in 64-bit code", () => {
    expect(atHlt("user32", 0x20_0123, 0x20_0000).vcpu.fetchCodeByte()).toBe(0xf4);
    const { vcpu } = atHlt("user32", 0x20_0123, 0x30_0000);
    expect(vcpu.rip).toBe(0xfff0_0123n);
    expect(vcpu.fetchCodeByte(), "wraps at 4 GiB").toBe(0xf4);
    const long = atHlt("user64", Place.code).vcpu;
    long.setSegment("cs", { ...long.segment("cs"), base: 0x1000n });
    expect(long.fetchCodeByte()).toBe(0xf4);
  });
});
