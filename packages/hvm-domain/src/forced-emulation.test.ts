import { describe, expect, it } from "vitest";
import { FakeVcpu } from "../test/fake-vcpu.ts";
import type { VmExit } from "./index.ts";
import { forcedEmulation } from "./index.ts";

const PREFIX = [0x0f, 0x0b, ...new TextEncoder().encode("xen")];
const CODE_32 = 0xc09b;
const exit = {} as VmExit;

function at(rip: bigint, bytes: readonly number[], base = 0n): FakeVcpu {
  const vcpu = new FakeVcpu(0, []);
  if (base !== 0n) {
    vcpu.efer = 0n;
    vcpu.segments.set("cs", { selector: 8, base, limit: 0xffff_ffff, attributes: CODE_32 });
  }
  vcpu.memory.set(bytes, Number(base + rip));
  vcpu.rip = rip;
  return vcpu;
}

// Expectations: xen/arch/x86/hvm/hvm.c hvm_ud_intercept.
describe("[hvm-domain] forced emulation prefix", () => {
  it("is skipped, nothing else changes", () => {
    const vcpu = at(0x100n, PREFIX);
    expect(forcedEmulation(vcpu, exit)).toBe("handled");
    expect([vcpu.rip, vcpu.retired, vcpu.diary]).toEqual([0x105n, 0, []]);
  });

  it("is found behind the base of CS outside 64-bit mode, and at any privilege", () => {
    const vcpu = at(0x100n, PREFIX, 0x2000n);
    vcpu.cpl = 3;
    expect(forcedEmulation(vcpu, exit)).toBe("handled");
    expect(vcpu.rip).toBe(0x105n);
  });

  it.each([
    ["UD2 alone", [0x0f, 0x0b, 0x90, 0x90, 0x90]],
    ["other letters", [0x0f, 0x0b, ...new TextEncoder().encode("xem")]],
    ["UD1", [0x0f, 0xb9, ...new TextEncoder().encode("xen")]],
  ])("%s is the guest's #UD", (_, bytes) => {
    const vcpu = at(0x100n, bytes);
    expect(forcedEmulation(vcpu, exit)).toBe("reinject");
    expect(vcpu.rip).toBe(0x100n);
  });

  it("cut off by a page that is not there it is the guest's #UD", () => {
    const vcpu = at(0xffdn, PREFIX);
    vcpu.missing.add(1);
    expect(forcedEmulation(vcpu, exit)).toBe("reinject");
  });
});
