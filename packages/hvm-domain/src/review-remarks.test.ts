/** Remarks from the review of the Xen series on what a domain is created with, each as a test named after it. The whole list: `vmport-backdoor/REVIEW.md`. */
import { createPortioBus } from "portio-bus";
import { createSimClock } from "sim-clock";
import { describe, expect, it } from "vitest";
import { FakeVcpu } from "../test/fake-vcpu.ts";
import {
  createCpuidPolicy,
  createDomain,
  createFlagRows,
  createHvmParams,
  type DomainOptions,
  decodeCreateFlags,
  encodeCreateFlags,
  exceptionBitmap,
  type HvmVcpu,
} from "./index.ts";

const GP = 1 << 13;
const caller = { apicId: 0, osxsave: false };

function create(options: Partial<DomainOptions> = {}, cr0 = 1n) {
  const domain = createDomain({ name: "x", io: createPortioBus<HvmVcpu>(), clock: createSimClock(), ...options });
  const vcpu = new FakeVcpu(0, [{ exit: "exception", with: { vector: 13, errorCode: 0x2a } }]);
  vcpu.cr0 = cr0;
  domain.addVcpu(vcpu);
  return { domain, vcpu };
}
const errorOf = (action: () => unknown): string => {
  try {
    action();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return "none";
};
const policy = (hardwareVersion: bigint, viridian = false) =>
  createCpuidPolicy({ vcpus: 1, hardwareVersion: () => hardwareVersion, viridian: () => viridian });

describe("[hvm-domain] review remarks", () => {
  it("1 (George): a masked flag becomes a real boolean", () => {
    for (const row of createFlagRows) {
      if (row.flag === undefined || row.cdf === undefined || row.flag === "pvhGuest") continue;
      expect(decodeCreateFlags(1 | (1 << row.cdf))[row.flag]).toBe(true);
    }
    for (const value of Object.values(decodeCreateFlags(0x3f & ~0x10))) expect(typeof value).toBe("boolean");
  });

  it("1 (Jan 2020): one source of truth, no second boolean", () => {
    const { domain, vcpu } = create({ flags: 0x23 });
    expect(encodeCreateFlags(domain.flags)).toBe(0x23);
    expect((vcpu.exceptionBitmap & GP) !== 0).toBe(domain.flags.vmwarePort);
  });

  it("4 (George): somebody else may have #GP exits on; a domain without the flag gives the guest its fault", () => {
    const { domain, vcpu } = create();
    const asked: number[] = [];
    domain.registerExceptionInterceptor(13, (_vcpu, exit) => {
      asked.push(exit.errorCode ?? -1);
      return "reinject";
    });
    domain.run({ maxInstructions: 2 });
    expect(asked).toEqual([0x2a]);
    expect(vcpu.diary).toContainEqual(expect.stringContaining("exception 13 error=42 "));
  });

  it("5 (George): one function makes the exception bitmap, for creation and for CR0 changes", () => {
    for (const vmwarePort of [false, true]) {
      const formula = (emulatedRealMode: boolean) =>
        exceptionBitmap({
          flavour: "vmx",
          vmwarePort,
          paging: "hap",
          emulatedRealMode,
          fpuLoaded: false,
          debugger: { attached: false, monitorTrapFlag: true },
        });
      const { domain, vcpu } = create({ flags: { vmwarePort }, unrestrictedGuest: false }, 0n);
      expect(vcpu.exceptionBitmap).toBe(formula(true));
      vcpu.cr0 = 1n;
      domain.run({ maxInstructions: 1 });
      expect(vcpu.exceptionBitmap, "as a domain that was created in protected mode").toBe(formula(false));
      expect(create({ flags: { vmwarePort }, unrestrictedGuest: false }, 1n).vcpu.exceptionBitmap).toBe(formula(false));
    }
  });

  it("12 (Boris): Xen's leaves move when viridian or VMware's are there, be it one or the other", () => {
    for (const [hardwareVersion, viridian, base] of [
      [0n, false, 0x4000_0000],
      [0n, true, 0x4000_0100],
      [7n, false, 0x4000_0100],
    ] as const)
      expect(policy(hardwareVersion, viridian).xenBase).toBe(base);
  });

  it("12 (Boris): real errno values", () => {
    const params = createHvmParams(decodeCreateFlags(1));
    params.set("VMWARE_HW", 7n);
    expect(errorOf(() => params.set("VMWARE_HW", 8n))).toBe("EEXIST");
    expect(errorOf(() => params.set("VMWARE_HW", 8n, "guest"))).toBe("EPERM");
    expect(errorOf(() => decodeCreateFlags(0x41))).toBe("EINVAL");
  });

  it("13 (Jan, Boris): #GP exits only when vmware_port is set, in both flavours", () => {
    for (const flavour of ["vmx", "svm"] as const)
      for (const vmwarePort of [false, true])
        expect((create({ flavour, flags: { vmwarePort } }).vcpu.exceptionBitmap & GP) !== 0).toBe(vmwarePort);
  });

  it("13 (Boris): what is injected again has the exit's error code", () => {
    const { domain, vcpu } = create({ flags: { vmwarePort: true } });
    domain.registerExceptionInterceptor(13, () => "reinject");
    domain.run({ maxInstructions: 2 });
    expect(vcpu.diary).toContainEqual(expect.stringContaining("exception 13 error=42 "));
  });

  it("14 (Andrew): the bus frequency is one constant, in kHz", () => {
    expect(policy(7n).lookup(0x4000_0010, 0, caller).ebx).toBe(100_000);
    expect(policy(7n).apicBusKhz).toBe(100_000);
  });

  it("16 (Jan): conflicts of the configuration are EOPNOTSUPP", () => {
    expect(errorOf(() => create({ params: { VIRIDIAN: 1n, VMWARE_HW: 7n } }))).toBe("EOPNOTSUPP");
    expect(errorOf(() => create({ flags: { vmwarePort: true }, params: { NESTEDHVM: 1n } }))).toBe("EOPNOTSUPP");
  });

  it("16 (Jan): below 7 there is no CPUID support at all, checked at entry", () => {
    for (const version of [0n, 3n, 6n]) {
      expect(policy(version).lookup(0x4000_0010, 0, caller)).toEqual({ eax: 0, ebx: 0, ecx: 0, edx: 0 });
      expect(policy(version).xenBase).toBe(0x4000_0000);
    }
  });

  it("18 (Jan): nested HVM and vmware_port exclude each other, whichever comes first", () => {
    const params = createHvmParams(decodeCreateFlags(0x21));
    expect(errorOf(() => params.set("NESTEDHVM", 1n))).toBe("EOPNOTSUPP");
    expect(errorOf(() => params.set("NESTEDHVM", 0n))).toBe("none");
    expect(errorOf(() => createHvmParams(decodeCreateFlags(1)).set("NESTEDHVM", 1n))).toBe("none");
  });

  it("19 (Jan, Andrew): vmware_port is fixed at creation; no parameter and no state changes it", () => {
    const { domain } = create({ flags: { vmwarePort: true } });
    const other = create({ flags: { vmwarePort: false } }).domain;
    expect(errorOf(() => other.load(domain.save()))).toBe("EINVAL");
    expect(other.flags.vmwarePort).toBe(false);
  });

  it("22 (Jan 2020): a bad hardware version is refused when the domain is created", () => {
    for (const version of [1n, 2n, 5n, 99n, 2n ** 32n])
      expect(errorOf(() => create({ params: { VMWARE_HW: version } }))).toBe("EINVAL");
  });

  it("22 (Jan 2020): leaf 2 of Xen tells the shifted MSR", () => {
    expect(policy(7n).lookup(0x4000_0102, 0, caller).ebx).toBe(0x4000_0200);
    expect(policy(0n).lookup(0x4000_0002, 0, caller).ebx).toBe(0x4000_0000);
  });
});
