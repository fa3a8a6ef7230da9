import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { completeCreateFlags, decodeCreateFlags, encodeCreateFlags } from "./create-flags.ts";
import { DomainError } from "./errors.ts";

const codeOf = (action: () => unknown): string | undefined => {
  try {
    action();
    return undefined;
  } catch (error) {
    return error instanceof DomainError ? error.code : "another error";
  }
};

describe("[hvm-domain] create flags", () => {
  it.each([
    [0x01, ["hvmGuest"]],
    [0x03, ["hvmGuest", "hap"]],
    [0x05, ["hvmGuest", "s3Integrity"]],
    [0x09, ["hvmGuest", "oosOff"]],
    [0x10, ["pvhGuest"]],
    [0x21, ["hvmGuest", "vmwarePort"]],
  ])("XEN_DOMCTL_CDF 0x%s", (cdf, names) => {
    const flags = decodeCreateFlags(cdf);
    expect(Object.entries(flags).filter(([, value]) => value)).toEqual(names.map((name) => [name, true]));
    for (const value of Object.values(flags)) expect(typeof value, "real booleans").toBe("boolean");
    expect(encodeCreateFlags(flags)).toBe(cdf);
  });

  it("DOMCRF has its own numbers: vmware_port is bit 6", () => {
    expect(encodeCreateFlags(completeCreateFlags({ vmwarePort: true }), "domcrf")).toBe(0x43);
    expect(encodeCreateFlags(completeCreateFlags({ oosOff: true, hap: false }), "domcrf")).toBe(0x11);
  });

  it.each([0x40, 0x8000_0001, 0x41])("refuses unknown bits in 0x%s", (cdf) => {
    expect(codeOf(() => decodeCreateFlags(cdf))).toBe("EINVAL");
  });

  it("names the unknown bits", () => {
    expect(() => decodeCreateFlags(0x8000_0043)).toThrow("create flags 0x80000043: unknown bits 0x80000040 (EINVAL)");
    expect(() => completeCreateFlags({ vmware: true } as object)).toThrow('unknown create flag "vmware"');
    expect(() => completeCreateFlags({ hap: 2 as unknown as boolean })).toThrow("hap is 2; expected true or false");
  });

  it("refuses combinations that make no sense", () => {
    expect(codeOf(() => decodeCreateFlags(0x11))).toBe("EINVAL");
    expect(codeOf(() => decodeCreateFlags(0x20))).toBe("EINVAL");
  });

  it("any number either decodes and encodes to itself or is EINVAL", () => {
    fc.assert(
      fc.property(fc.nat(0xffff_ffff), (cdf) => {
        const code = codeOf(() => decodeCreateFlags(cdf));
        return code === undefined ? encodeCreateFlags(decodeCreateFlags(cdf)) === cdf : code === "EINVAL";
      }),
    );
  });
});
