import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { xenGuest } from "../../test/xen-guest.ts";
import { hypercalls } from "./xen-interface.ts";

const XEN_VERSION = 17;
const MSR = 0x4000_0000;

describe("[hypercalls] the interface", () => {
  it.each([
    ["vmx", [0xb8, 17, 0, 0, 0, 0x0f, 0x01, 0xc1, 0xc3]],
    ["svm", [0xb8, 17, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xc3]],
  ] as const)("%s: the MSR that CPUID names fills a page with stubs of 32 bytes", (flavour, stub) => {
    const guest = xenGuest({ flavour });
    expect(guest.domain.cpuid.lookup(0x4000_0002, 0, { apicId: 0, osxsave: false })).toMatchObject({
      eax: 1,
      ebx: MSR,
    });
    guest.wrmsr(MSR, 0x2000n);
    expect([...guest.vcpu.memory.slice(0x2000 + 17 * 32, 0x2000 + 17 * 32 + 9)]).toEqual(stub);
    expect([...guest.vcpu.memory.slice(0x2000 + 23 * 32, 0x2000 + 23 * 32 + 2)]).toEqual([0x0f, 0x0b]);
    expect(guest.vcpu.diary).toEqual([]);
  });

  it.each([
    ["a second page", MSR, 0x2001n],
    ["no RAM", MSR, 0x10_0000n],
    ["an address beyond all", MSR, 0xffff_ffff_ffff_f000n],
    ["the MSR that is elsewhere", 0x4000_0200, 0x2000n],
  ])("%s: #GP(0), and nothing is written", (_, index, value) => {
    const guest = xenGuest();
    guest.wrmsr(index, value);
    expect(guest.vcpu.diary[0]).toContain("exception 13 error=0");
    expect(guest.vcpu.memory.every((byte) => byte === 0)).toBe(true);
  });

  it("numbers that have no hypercall are -ENOSYS: physdev_op, grant_table_op, the last and beyond", () => {
    const { call } = xenGuest();
    expect([33, 20, 63, 0xffff_ffff].map((number) => call(number, 0, 0))).toEqual([-38, -38, -38, -38]);
  });

  it("in ring 3, in real and in virtual-8086 mode: -EPERM", () => {
    for (const set of [{ cpl: 3 }, { cr0: 0n }, { rflags: 2n | (1n << 17n) }]) {
      const guest = xenGuest({ narrow: true });
      expect(guest.call(XEN_VERSION, 0)).toBe(0x4_0005);
      Object.assign(guest.vcpu, set);
      expect(guest.call(XEN_VERSION, 0)).toBe(-1);
    }
  });

  it("32-bit code: arguments in EBX ECX EDX, upper halves do not count", () => {
    const { call, view } = xenGuest({ narrow: true });
    expect(call(XEN_VERSION, 0xffff_ffff_0000_0006n, 0xffff_ffff_0000_0100n)).toBe(0);
    expect(view.getUint32(0x104, true)).not.toBe(0);
  });

  it("a whole state is restored: page, ports, timers", () => {
    const guest = xenGuest();
    const { call, view } = guest;
    view.setUint16(0x100, 0x7ff0, true);
    view.setBigUint64(0x110, 3n, true);
    call(12, 7, 0x100);
    view.setBigUint64(0x100, 0n, true);
    call(32, 1, 0x100);
    call(15, 90_000);
    const state = structuredClone(guest.xen.save());
    const other = xenGuest();
    other.xen.load(state);
    expect(other.xen.save()).toEqual(state);
    other.vcpu.memory.set(guest.vcpu.memory);
    other.clock.advanceTo(90_000n);
    expect(other.view.getUint32(0x3000 + 2048, true)).toBe(2);
    expect(() => other.xen.load({ ...state, version: 2 as 1 })).toThrow("version 2; expected 1");
  });

  it("whatever a guest asks for, nothing throws, and it costs time", () => {
    const numbers = fc.oneof(fc.constantFrom(...hypercalls.map(({ number }) => number)), fc.nat(70));
    const small = fc.oneof(fc.nat(40), fc.nat(0x1_1000), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }));
    const words = fc.array(fc.nat(0xffff_ffff), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(numbers, fc.nat(16), small, small, words, fc.boolean(), (number, command, b, c, content, narrow) => {
        const guest = xenGuest({ vcpus: 2, narrow });
        content.forEach((word, index) => void guest.view.setUint32(0x100 + index * 4, word, true));
        guest.vcpu.missing.add(9);
        const { ticks } = guest.domain;
        for (const args of [
          [command, b, c],
          [command, 0x100, c],
          [command, 1, 0x100],
        ])
          guest.call(number, ...args);
        expect(guest.domain.ticks).toBeGreaterThan(ticks);
      }),
      { numRuns: 300 },
    );
  });
});
