import { describe, expect, it } from "vitest";
import { type CpuidPolicyInput, createCpuidPolicy } from "./cpuid-policy.ts";
import { featureRows, x86_64V2Features } from "./features.ts";
import { vmwareLeaves } from "./vmware-leaves.ts";

const caller = { apicId: 0, osxsave: false };
const make = (hardwareVersion = 0n, options: Partial<CpuidPolicyInput> = {}) =>
  createCpuidPolicy({ vcpus: 1, hardwareVersion: () => hardwareVersion, viridian: () => false, ...options });
const text = (...registers: number[]): string =>
  registers.map((value) => String.fromCharCode(...[0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff))).join("");
const zero = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

describe("[hvm-domain] CPUID: hypervisor leaves", () => {
  it("with vmware_hw >= 7 VMware is at 0x40000000 and Xen at 0x40000100", () => {
    const policy = make(7n);
    expect(policy.lookup(0x4000_0000, 0, caller)).toEqual({
      eax: 0x4000_0010,
      ebx: 0x6177_4d56,
      ecx: 0x4d56_6572,
      edx: 0x6572_6177,
    });
    expect(policy.lookup(0x4000_0010, 0, caller)).toEqual({ eax: 2_600_000, ebx: 100_000, ecx: 0, edx: 0 });
    for (let leaf = 0x4000_0001; leaf < 0x4000_0010; leaf++) expect(policy.lookup(leaf, 0, caller)).toEqual(zero);
    const xen = policy.lookup(0x4000_0100, 0, caller);
    expect(xen.eax).toBe(0x4000_0104);
    expect(text(xen.ebx, xen.ecx, xen.edx)).toBe("XenVMMXenVMM");
    expect(policy.lookup(0x4000_0102, 0, caller)).toEqual({ eax: 1, ebx: 0x4000_0200, ecx: 0, edx: 0 });
    expect(policy.xenBase).toBe(0x4000_0100);
    expect(policy.hypercallMsr).toBe(0x4000_0200);
  });

  it.each([0n, 3n, 6n])("with vmware_hw = %s there are no VMware leaves and Xen stays at 0x40000000", (version) => {
    const policy = make(version);
    const base = policy.lookup(0x4000_0000, 0, caller);
    expect(text(base.ebx, base.ecx, base.edx)).toBe("XenVMMXenVMM");
    expect(base.eax).toBe(0x4000_0004);
    expect(policy.lookup(0x4000_0001, 0, caller).eax).toBe(0x0004_0005);
    expect(policy.lookup(0x4000_0002, 0, caller).ebx).toBe(0x4000_0000);
    expect(policy.lookup(0x4000_0010, 0, caller)).toEqual(zero);
    expect(policy.lookup(0x4000_0100, 0, caller)).toEqual(zero);
  });

  it("viridian is asked first and moves Xen as well", () => {
    const policy = make(0n, { viridian: () => true });
    const base = policy.lookup(0x4000_0000, 0, caller);
    expect(text(base.ebx, base.ecx, base.edx)).toBe("Microsoft Hv");
    expect(base.eax).toBe(0x4000_0006);
    expect(text(policy.lookup(0x4000_0001, 0, caller).eax)).toBe("Hv#1");
    expect(policy.lookup(0x4000_0100, 0, caller).eax).toBe(0x4000_0104);
  });

  it("Xen's leaves can be left out", () => {
    const policy = make(11n, { xenLeaves: false });
    expect(policy.lookup(0x4000_0000, 0, caller).ebx).toBe(0x6177_4d56);
    expect(policy.lookup(0x4000_0100, 0, caller)).toEqual(zero);
    expect(make(0n, { xenLeaves: false }).lookup(0x4000_0000, 0, caller)).toEqual(zero);
  });

  it("another hypervisor's leaves are three values", () => {
    const kvm = { signature: "KVMKVMKVM\0\0\0", fromHardwareVersion: 0, maxLeaf: 0x4000_0001 };
    const base = make(0n, { hypervisorLeaves: kvm, xenLeaves: false }).lookup(0x4000_0000, 0, caller);
    expect(base).toEqual({ eax: 0x4000_0001, ebx: 0x4b4d_564b, ecx: 0x564b_4d56, edx: 0x4d });
    const none = { ...kvm, signature: undefined };
    expect(make(11n, { hypervisorLeaves: none, xenLeaves: false }).lookup(0x4000_0000, 0, caller)).toEqual(zero);
  });

  it("hypercalls are announced in ECX of 0x40000010, and only when asked for", () => {
    for (const hypercallFlags of [0, 1, 2, 3]) {
      const policy = make(11n, { hypervisorLeaves: { ...vmwareLeaves, hypercallFlags } });
      expect(policy.lookup(0x4000_0010, 0, caller).ecx).toBe(hypercallFlags);
    }
    expect(make(11n).lookup(0x4000_0010, 0, caller).ecx).toBe(0);
  });

  it("the frequencies are the configured ones", () => {
    const policy = make(11n, { tscKhz: 3_141_592, apicBusKhz: 66_000 });
    expect(policy.lookup(0x4000_0010, 0, caller)).toEqual({ eax: 3_141_592, ebx: 66_000, ecx: 0, edx: 0 });
    expect(policy.lookup(0x4000_0103, 0, caller).ecx).toBe(3_141_592);
  });
});

describe("[hvm-domain] CPUID: the processor", () => {
  it("is an x86-64-v2 processor by the psABI's list", () => {
    const policy = make();
    const v2 = ["cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2"].concat([
      "cmpxchg16b",
      "lahf-lm",
      "popcnt",
      "sse3",
      "sse4-1",
      "sse4-2",
      "ssse3",
      "x64",
    ]);
    for (const name of v2) expect(policy.featureEnabled(name), name).toBe(true);
    for (const name of ["avx", "avx2", "xsave", "vmx", "svm", "movbe", "bmi1", "apic"]) {
      expect(policy.featureEnabled(name), name).toBe(false);
    }
    for (const name of ["8086", "486", "pause", "multibytenop"]) expect(policy.featureEnabled(name), name).toBe(true);
    expect(policy.featureEnabled("no-such-thing")).toBe(false);
  });

  it("names itself", () => {
    const policy = make();
    const { ebx, edx, ecx } = policy.lookup(0, 0, caller);
    expect(text(ebx, edx, ecx)).toBe("GenuineIntel");
    // Family 6, model 0x1a, stepping 3 as Intel writes it.
    expect(policy.lookup(1, 0, caller).eax).toBe(0x0001_06a3);
    const brand = [0x8000_0002, 0x8000_0003, 0x8000_0004]
      .map((leaf) => policy.lookup(leaf, 0, caller))
      .map(({ eax, ebx: b, ecx: c, edx: d }) => text(eax, b, c, d))
      .join("");
    expect(brand.replace(/\0+$/, "")).toBe("Simulated HVM processor (x86-64-v2)");
  });

  it("shows the hypervisor bit and long mode where the manual has them", () => {
    const policy = make();
    expect(policy.lookup(1, 0, caller).ecx >>> 31).toBe(1);
    expect((policy.lookup(0x8000_0001, 0, caller).edx >>> 29) & 1).toBe(1);
    expect((policy.lookup(1, 0, caller).ecx >>> 20) & 1, "SSE4.2").toBe(1);
    expect(policy.lookup(0x8000_0008, 0, caller).eax).toBe(0x3028);
  });

  it("features are masked and enabled by name, bit and predicate together", () => {
    const policy = make(0n, { mask: ["sse4-2"], enable: ["movbe"] });
    expect((policy.lookup(1, 0, caller).ecx >>> 20) & 5, "SSE4.2 is bit 20, MOVBE bit 22").toBe(4);
    expect(policy.featureEnabled("sse4-2")).toBe(false);
    expect(policy.featureEnabled("movbe")).toBe(true);
    expect(() => make(0n, { mask: ["sse5"] })).toThrow('unknown CPUID feature "sse5"');
  });

  it("every bit is claimed once", () => {
    const places = Object.values(featureRows).map(({ leaf, register, bit }) => `${leaf}.${register}.${bit}`);
    expect(new Set(places).size).toBe(places.length);
    expect(new Set(x86_64V2Features).size).toBe(x86_64V2Features.length);
  });

  it("APIC identifier and OSXSAVE are the caller's", () => {
    const policy = make(0n, { vcpus: 4, enable: ["xsave"] });
    const leaf = policy.lookup(1, 0, { apicId: 3, osxsave: true });
    expect(leaf.ebx).toBe(0x0304_0800);
    expect((leaf.ecx >>> 26) & 3).toBe(3);
    expect((policy.lookup(1, 0, caller).ecx >>> 26) & 3).toBe(1);
    expect(policy.lookup(0xb, 1, { apicId: 3, osxsave: false })).toEqual({ eax: 2, ebx: 4, ecx: 0x201, edx: 3 });
  });

  it("a leaf beyond the last answers as the last basic one", () => {
    const policy = make();
    for (const leaf of [0xe, 0x3fff_ffff, 0x8000_0009, 0xffff_ffff]) {
      expect(policy.lookup(leaf, 0, caller)).toEqual(policy.lookup(0xd, 0, caller));
    }
  });

  it.each([
    ["vendor", { identity: { vendor: "short" } }, 'CPUID vendor "short": expected 12 ASCII characters'],
    ["tscKhz", { tscKhz: 0 }, "tscKhz is 0; expected 1 to 4294967295"],
    ["physicalAddressBits", { physicalAddressBits: 53 }, "physicalAddressBits is 53; expected 36 to 52"],
  ])("refuses a bad %s", (_, options, message) => {
    expect(() => make(0n, options)).toThrow(message);
  });
});
