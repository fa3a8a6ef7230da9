/** Tables read back as the specifications lay them out, by a reader that shares nothing with the builder. */
import { loadFlat } from "guest-loader";
import { describe, expect, it } from "vitest";
import { createMachine } from "../machine.ts";
import type { MachineConfig } from "../machine-config.ts";
import { buffer, device, eisaId, integer, method, name, named, pack, resources, scope, string } from "./aml.ts";
import { bootEnvironment } from "./firmware-tables.ts";

/** Guest-physical memory after power-on, as bytes. */
function memoryOf(config: MachineConfig): (at: number, length: number) => DataView {
  const machine = createMachine({ memory: 16, ...config });
  machine.boot(loadFlat(Uint8Array.of(0xf4), { address: 0x10_0000, mode: "protected" }));
  return (at, length) => {
    const bytes = machine.memory.read(at, length)!;
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  };
}
const text = (view: DataView, at: number, length: number): string =>
  String.fromCharCode(...Array.from({ length }, (_, i) => view.getUint8(at + i)));
const sum = (view: DataView, from = 0, to = view.byteLength): number => {
  let total = 0;
  for (let at = from; at < to; at++) total += view.getUint8(at);
  return total & 0xff;
};

/** Follows RSDP and XSDT; every checksum is checked on the way. */
function acpiOf(config: MachineConfig): Map<string, DataView> {
  const memory = memoryOf(config);
  const rsdp = memory(bootEnvironment({ memory: 16, ...config }).rsdp!, 36);
  expect(text(rsdp, 0, 8)).toBe("RSD PTR ");
  expect([sum(rsdp, 0, 20), sum(rsdp)]).toEqual([0, 0]);
  const at = (address: number): DataView => {
    const table = memory(address, memory(address + 4, 4).getUint32(0, true));
    if (text(table, 0, 4) !== "FACS") expect(sum(table)).toBe(0);
    return table;
  };
  const xsdt = at(Number(rsdp.getBigUint64(24, true)));
  expect(text(xsdt, 0, 4)).toBe("XSDT");
  const tables = new Map<string, DataView>();
  for (let entry = 36; entry < xsdt.byteLength; entry += 8) {
    const table = at(Number(xsdt.getBigUint64(entry, true)));
    tables.set(text(table, 0, 4), table);
  }
  const fadt = tables.get("FACP")!;
  tables.set("DSDT", at(fadt.getUint32(40, true)));
  tables.set("FACS", at(fadt.getUint32(36, true)));
  return tables;
}

describe("[firmware] ACPI", () => {
  it("FADT: fixed hardware where the devices are, always in ACPI mode, reset by 0xcf9", () => {
    const fadt = acpiOf({}).get("FACP")!;
    expect(fadt.byteLength).toBe(276);
    // SCI_INT, SMI_CMD, PM1a_EVT_BLK, PM1a_CNT_BLK, PM_TMR_BLK, GPE0_BLK (ACPI 6.5 table 5.9).
    expect([46, 48, 56, 64, 76, 80].map((at) => fadt.getUint16(at, true))).toEqual([
      9, 0, 0xb000, 0xb004, 0xb008, 0xafe0,
    ]);
    expect(Number(fadt.getBigUint64(140, true))).toBe(fadt.getUint32(40, true));
    // PWR_BUTTON (4) clear: fixed hardware; RESET_REG_SUP (10) set.
    expect(fadt.getUint32(112, true) & ((1 << 4) | (1 << 10))).toBe(1 << 10);
    expect([fadt.getUint8(116), Number(fadt.getBigUint64(120, true)), fadt.getUint8(128)]).toEqual([1, 0xcf9, 6]);
    expect(acpiOf({}).get("FACS")!.byteLength).toBe(64);
  });

  it("MADT: one local APIC a processor, an I/O APIC, timer on pin 2, SCI level", () => {
    const madt = acpiOf({ vcpus: 3 }).get("APIC")!;
    expect([madt.getUint32(36, true), madt.getUint32(40, true)]).toEqual([0xfee0_0000, 1]);
    const entries: number[][] = [];
    for (let at = 44; at < madt.byteLength; at += madt.getUint8(at + 1))
      entries.push(Array.from({ length: madt.getUint8(at + 1) }, (_, i) => madt.getUint8(at + i)));
    expect(entries).toEqual([
      ...[0, 1, 2].map((id) => [0, 8, id, id, 1, 0, 0, 0]),
      [1, 12, 8, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0],
      [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
      [2, 10, 0, 9, 9, 0, 0, 0, 13, 0],
      [4, 6, 0xff, 0, 0, 1],
    ]);
  });

  it("what the configuration leaves out is in no table", () => {
    expect([...acpiOf({}).keys()]).toEqual(["FACP", "APIC", "HPET", "DSDT", "FACS"]);
    expect([...acpiOf({ apic: false, hpet: false }).keys()]).toEqual(["FACP", "DSDT", "FACS"]);
    expect(bootEnvironment({ acpi: false }).rsdp).toBe(undefined);
    expect(memoryOf({ acpi: false })(0xe_0000, 8).getUint32(0, true)).toBe(0);
  });

  it("HPET: where it is", () => {
    const hpet = acpiOf({}).get("HPET")!;
    expect([hpet.getUint32(36, true), Number(hpet.getBigUint64(44, true))]).toEqual([0x8086_a201, 0xfed0_0000]);
  });

  it("DSDT: soft off is type 5", () => {
    const dsdt = acpiOf({}).get("DSDT")!;
    // Name (\_S5, Package (4) { 5, 5, 0, 0 }) by hand.
    const wanted = [8, 0x5c, 0x5f, 0x53, 0x35, 0x5f, 0x12, 8, 4, 0x0a, 5, 0x0a, 5, 0, 0];
    expect(Array.from({ length: wanted.length }, (_, i) => dsdt.getUint8(36 + i))).toEqual(wanted);
  });
});

describe("[firmware] AML terms, as ACPI 6.5 §20.2 writes them", () => {
  it.each([
    ["One", integer(1), [1]],
    ["a byte", integer(0x42), [0x0a, 0x42]],
    ["a word", integer(0x1234), [0x0b, 0x34, 0x12]],
    ["a dword", integer(0xfee0_0000), [0x0c, 0, 0, 0xe0, 0xfe]],
    ["a qword", integer(2 ** 32), [0x0e, 0, 0, 0, 0, 1, 0, 0, 0]],
    ["a name", name("X"), [0x58, 0x5f, 0x5f, 0x5f]],
    ["a root name of two", name("\\_SB.PCI0"), [0x5c, 0x2e, 0x5f, 0x53, 0x42, 0x5f, 0x50, 0x43, 0x49, 0x30]],
    ["the root itself", name("\\"), [0x5c, 0]],
    ["a string", string("ok"), [0x0d, 0x6f, 0x6b, 0]],
    ["PNP0A03", eisaId("PNP0A03"), [0x0c, 0x41, 0xd0, 0x0a, 0x03]],
    ["an empty method", method("M", 0, []), [0x14, 6, 0x4d, 0x5f, 0x5f, 0x5f, 0]],
    ["a device", device("D", []), [0x5b, 0x82, 5, 0x44, 0x5f, 0x5f, 0x5f]],
    ["an end tag", resources([]), [0x11, 5, 0x0a, 2, 0x79, 0]],
    ["a package", pack([integer(0), integer(1)]), [0x12, 4, 2, 0, 1]],
  ])("%s", (_, term, bytes) => {
    expect([...term]).toEqual(bytes);
  });

  it("lengths of two and three bytes count themselves", () => {
    // 0x3f bytes of body and one of length do not fit into six bits: with two it is 0x41 = 4 << 4 | 1.
    expect([...scope("\\", [Array(0x3d).fill(0)])].slice(0, 3)).toEqual([0x10, 0x41, 0x04]);
    expect([...buffer(Array(0x1000).fill(0))].slice(0, 4)).toEqual([0x11, 0x86, 0x00, 0x01]);
    expect(named("A", integer(0))).toHaveLength(6);
  });
});

describe("[firmware] SMBIOS", () => {
  /** Structures by type, with their strings. */
  function smbiosOf(config: MachineConfig): Map<number, { strings: readonly string[]; view: DataView }> {
    const memory = memoryOf(config);
    const entry = memory(0xf_0000, 31);
    expect([text(entry, 0, 4), text(entry, 16, 5)]).toEqual(["_SM_", "_DMI_"]);
    expect([sum(entry), sum(entry, 16)]).toEqual([0, 0]);
    const area = memory(entry.getUint32(24, true), entry.getUint16(22, true));
    const found = new Map<number, { strings: readonly string[]; view: DataView }>();
    let count = 0;
    for (let at = 0; at < area.byteLength; count++) {
      const length = area.getUint8(at + 1);
      let end = at + length;
      while (area.getUint16(end, true) !== 0) end++;
      found.set(area.getUint8(at), {
        strings: text(area, at + length, end - at - length).split("\0"),
        view: new DataView(area.buffer, area.byteOffset + at, length),
      });
      at = end + 2;
    }
    expect(count).toBe(entry.getUint16(28, true));
    return found;
  }
  const uuid = Uint8Array.from({ length: 16 }, (_, index) => index * 0x11);

  it("VMware's strings where vmware_hw is set", () => {
    const system = smbiosOf({ vmwareHw: 11, uuid }).get(1)!;
    expect(system.strings.slice(0, 4)).toEqual([
      "VMware, Inc.",
      "VMware Virtual Platform",
      "None",
      "VMware-00 11 22 33 44 55 66 77-88 99 aa bb cc dd ee ff",
    ]);
    // The first three fields of the UUID are little-endian (DSP0134 §7.2.1).
    expect([system.view.getUint32(8, true), system.view.getUint16(12, true)]).toEqual([0x0011_2233, 0x4455]);
  });

  it("none of them without it", () => {
    const system = smbiosOf({ uuid, vcpus: 2 });
    expect(JSON.stringify([...system.values()].map(({ strings }) => strings))).not.toContain("VMware");
    expect([...system.keys()]).toEqual([0, 1, 3, 4, 16, 17, 19, 32, 127]);
  });
});
