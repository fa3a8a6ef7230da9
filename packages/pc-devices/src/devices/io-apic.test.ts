import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { createInterruptBus } from "../interrupt-bus.ts";
import { ioApic } from "./io-apic.ts";

const IOREGSEL = 0x00;
const IOWIN = 0x10;
const EOIR = 0x40;

const setUp = (version?: 0x11 | 0x20) => {
  const bus = createInterruptBus();
  const delivered: string[] = [];
  bus.addLocalApic({
    matchesPhysical: (destination) => destination === 1,
    matchesLogical: (destination) => (destination & 2) !== 0,
    isEnabled: true,
    processorPriority: 0,
    deliver: (mode, vector, level) => delivered.push(`${mode}:${vector.toString(16)}${level ? " level" : ""}`),
  });
  const apic = ioApic.create(new FakeEnvironment(), { bus, id: 2, ...(version ? { version } : {}) });
  const read = (register: number): number => {
    apic.write(IOREGSEL, 4, register, 0);
    return apic.read(IOWIN, 4, 0) ?? -1;
  };
  const write = (register: number, value: number): void => {
    apic.write(IOREGSEL, 4, register, 0);
    apic.write(IOWIN, 4, value, 0);
  };
  /** Redirection entry of a pin to the processor with ID 1. */
  const route = (pin: number, low: number): void => {
    write(0x11 + 2 * pin, 1 << 24);
    write(0x10 + 2 * pin, low);
  };
  return { bus, apic, read, write, route, delivered };
};

describe("[pc-devices] I/O APIC", () => {
  it("registers: ID, version with 24 entries, arbitration (82093AA §3.2)", () => {
    const { apic, read, write } = setUp();
    expect([read(0), read(1), read(2)]).toEqual([0x0200_0000, 0x0017_0020, 0x0200_0000]);
    write(0, 0xff00_0000);
    expect(read(0), "four bits of ID").toBe(0x0f00_0000);
    write(1, 0);
    expect([read(1), read(0x40)]).toEqual([0x0017_0020, 0xffff_ffff]);
    expect(setUp(0x11).read(1)).toBe(0x0017_0011);
    apic.write(IOREGSEL, 1, 0x10, 0);
    expect([apic.read(IOREGSEL, 4, 0), apic.read(IOWIN + 2, 1, 0)]).toEqual([0x10, 1]);
  });

  it("entries: masked after RESET; delivery status and remote IRR cannot be written (§3.2.4)", () => {
    const { read, write } = setUp();
    expect([read(0x10), read(0x11), read(0x3e)]).toEqual([0x1_0000, 0, 0x1_0000]);
    write(0x3e, 0xffff_ffff);
    write(0x3f, 0xffff_ffff);
    expect([read(0x3e), read(0x3f)]).toEqual([0x1_afff, 0xff00_0000]);
  });

  it("an edge is sent once; one that came while masked is lost", () => {
    const { apic, route, delivered } = setUp();
    apic.setPin(4, true);
    route(4, 0x34);
    expect(delivered).toEqual([]);
    apic.setPin(4, false);
    apic.setPin(4, true);
    apic.setPin(4, true);
    expect(delivered).toEqual(["0:34"]);
  });

  it("a level is held by remote IRR and sent again after EOI while it lasts", () => {
    const { bus, apic, read, route, delivered } = setUp();
    apic.setPin(9, true);
    route(9, 0x8039);
    expect([delivered, read(0x22)]).toEqual([["0:39 level"], 0xc039]);
    apic.setPin(9, false);
    apic.setPin(9, true);
    expect(delivered, "waits for EOI").toHaveLength(1);
    bus.endOfInterrupt(0x38);
    expect(delivered, "another vector").toHaveLength(1);
    bus.endOfInterrupt(0x39);
    expect(delivered).toHaveLength(2);
    apic.setPin(9, false);
    bus.endOfInterrupt(0x39);
    expect([delivered.length, read(0x22)]).toEqual([2, 0x8039]);
  });

  it("unmasking delivers a level that is there", () => {
    const { apic, route, delivered } = setUp();
    route(10, 0x1_803a);
    apic.setPin(10, true);
    expect(delivered).toEqual([]);
    route(10, 0x803a);
    expect(delivered).toEqual(["0:3a level"]);
  });

  it("the EOI register of version 0x20, absent in 0x11", () => {
    for (const version of [0x20, 0x11] as const) {
      const { apic, read, route } = setUp(version);
      route(5, 0x8035);
      apic.setPin(5, true);
      apic.setPin(5, false);
      apic.write(EOIR, 4, 0x35, 0);
      expect(read(0x1a)).toBe(version === 0x20 ? 0x8035 : 0xc035);
    }
  });

  it("switching to edge clears remote IRR: the way out for old guests", () => {
    const { apic, read, route } = setUp(0x11);
    route(5, 0x8035);
    apic.setPin(5, true);
    apic.setPin(5, false);
    route(5, 0x1_0035);
    route(5, 0x8035);
    expect(read(0x1a)).toBe(0x8035);
  });

  it("logical destination, NMI and ExtINT as edges; a pin too many is nobody's", () => {
    const { apic, write, delivered } = setUp();
    write(0x11, 0x0200_0000);
    write(0x10, 0x0855);
    apic.setPin(0, true);
    write(0x13, 0x0100_0000);
    write(0x12, 0x8400);
    apic.setPin(1, true);
    write(0x15, 0x0100_0000);
    write(0x14, 0x0700);
    apic.setPin(2, true);
    apic.setPin(24, true);
    apic.setPin(-1, true);
    expect(delivered).toEqual(["0:55", "4:0", "7:0"]);
  });
});
