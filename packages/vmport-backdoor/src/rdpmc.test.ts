import { describe, expect, it } from "vitest";
import { createHost, kvm, rdpmc, vmware, xenV6 } from "./index.ts";

const host = createHost({ uptimeNs: () => 1_500_000_000n, hostTsc: () => 0x1_2345_6789_abcdn });

describe("[vmport-backdoor] RDPMC of pseudo counters", () => {
  it.each([
    [0x1_0000, 0x1_2345_6789_abcdn],
    [0x1_0001, 1_500_000_000n],
    [0x1_0002, 1_500_000_000n],
  ])("index 0x%s", (index, value) => {
    expect(rdpmc(index, host)).toBe(value);
    expect(rdpmc(index, host, kvm)).toBe(value);
  });

  it.each([0, 0xfff, 0xffff, 0x1_0003, 0x2_0000, 0x8001_0000])("index 0x%s is left to the processor", (index) => {
    expect(rdpmc(index, host, vmware)).toBeUndefined();
  });

  it("not for a personality without them", () => {
    expect(rdpmc(0x1_0000, host, xenV6)).toBeUndefined();
  });

  it("the TSC follows virtual time when the host gives no counter", () => {
    expect(rdpmc(0x1_0000, createHost({ tscKhz: 2_000_000, uptimeNs: () => 1_000_000_000n }))).toBe(2_000_000_000n);
  });
});
