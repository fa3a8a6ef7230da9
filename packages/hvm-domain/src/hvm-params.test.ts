import { describe, expect, it } from "vitest";
import { completeCreateFlags } from "./create-flags.ts";
import { createHvmParams, HVM_NR_PARAMS, hvmParams } from "./hvm-params.ts";

const make = (vmwarePort = false) => createHvmParams(completeCreateFlags({ vmwarePort }));

describe("[hvm-domain] HVM parameters", () => {
  it("have Xen's numbers", () => {
    const number = Object.fromEntries(hvmParams.map(({ name, index }) => [name, index]));
    expect(number).toMatchObject({
      CALLBACK_IRQ: 0,
      STORE_PFN: 1,
      PAE_ENABLED: 4,
      VIRIDIAN: 9,
      TIMER_MODE: 10,
      ACPI_IOPORTS_LOCATION: 19,
      NESTEDHVM: 24,
      TRIPLE_FAULT_REASON: 31,
      VM_GENERATION_ID_ADDR: 34,
      VMWARE_HW: 35,
    });
    expect(new Set(hvmParams.map(({ index }) => index)).size).toBe(hvmParams.length);
    expect(HVM_NR_PARAMS).toBe(36);
  });

  it("VMWARE_HW is write-once; the same value again is no error", () => {
    const params = make();
    params.set("VMWARE_HW", 7n);
    params.set(35, 7n);
    expect(() => params.set("VMWARE_HW", 11n)).toThrow(
      "HVM parameter VMWARE_HW = 11: it is 7 already and can be set once (EEXIST)",
    );
    expect(params.get(35)).toBe(7n);
  });

  it.each([0n, 3n, 4n, 6n, 7n, 11n, 21n])("VMWARE_HW accepts %s", (value) => {
    const params = make();
    params.set("VMWARE_HW", value);
    expect(params.get("VMWARE_HW")).toBe(value);
  });

  it.each([1n, 2n, 5n, 23n, 1n << 32n])("VMWARE_HW refuses %s", (value) => {
    expect(() => make().set("VMWARE_HW", value)).toThrow("(EINVAL)");
  });

  it("viridian and VMware exclude each other, either way round", () => {
    const viridian = make();
    viridian.set("VIRIDIAN", 1n);
    expect(() => viridian.set("VMWARE_HW", 7n)).toThrow("VIRIDIAN is set (EOPNOTSUPP)");
    const vmware = make();
    vmware.set("VMWARE_HW", 7n);
    expect(() => vmware.set("VIRIDIAN", 1n)).toThrow("VMWARE_HW is set (EOPNOTSUPP)");
    vmware.set("VIRIDIAN", 0n);
    expect(vmware.get("VIRIDIAN")).toBe(0n);
  });

  it("nested HVM and vmware_port exclude each other", () => {
    expect(() => make(true).set("NESTEDHVM", 1n)).toThrow("(EOPNOTSUPP)");
    make(true).set("NESTEDHVM", 0n);
    make(false).set("NESTEDHVM", 1n);
    expect(() => make(false).set("NESTEDHVM", 2n)).toThrow("(EINVAL)");
  });

  it("a guest may set its own parameters, but not these", () => {
    const params = make();
    params.set("CALLBACK_IRQ", 0x0200_0000_0000_0030n, "guest");
    expect(params.get("CALLBACK_IRQ")).toBe(0x0200_0000_0000_0030n);
    for (const name of ["VMWARE_HW", "NESTEDHVM", "TRIPLE_FAULT_REASON", "DM_DOMAIN"] as const) {
      expect(() => params.set(name, 0n, "guest")).toThrow("(EPERM)");
    }
  });

  it.each([-1, 36, 1.5, Number.NaN])("there is no parameter %s", (index) => {
    expect(() => make().get(index)).toThrow("(EINVAL)");
    expect(() => make().set(index, 0n)).toThrow("(EINVAL)");
  });

  it("lists what is set; a triple fault reboots by default", () => {
    const params = make();
    params.set(3, 9n);
    expect(params.entries()).toEqual([
      { index: 3, name: "3", value: 9n },
      { index: 31, name: "TRIPLE_FAULT_REASON", value: 1n },
    ]);
  });
});
