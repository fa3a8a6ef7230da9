import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { createMsix } from "../pci/msix.ts";
import { createPciConfig, type PciConfigOptions } from "../pci/pci-config.ts";
import { type BarMapping, type PciHostOptions, pciHost } from "./pci-host.ts";

const card = (options: Partial<PciConfigOptions> = {}) => ({
  config: createPciConfig({
    ...{ vendor: 0x1af4, device: 0x1042, classCode: 0x01_00_00, interruptPin: 1 },
    bars: [
      { index: 0, space: "memory", size: 0x4000, is64: true, range: 7 },
      { index: 2, space: "io", size: 0x20 },
      { index: 3, space: "memory", size: 0x1000 },
    ],
    ...options,
  }),
  read: () => 0,
  write: () => true,
});
const setUp = (options: PciHostOptions = {}) => {
  const board = new FakeEnvironment();
  const maps: string[] = [];
  const text = ({ space, base, size, range }: BarMapping) =>
    `${space} ${base.toString(16)}+${size.toString(16)}/${range}`;
  const host = pciHost.create(board, {
    map: (mapping) => {
      maps.push(`+${text(mapping)}`);
      return () => maps.push(`-${text(mapping)}`);
    },
    ...options,
  });
  const select = (slot: number, register: number, number = 0): void => {
    host.write(0, 4, 0x8000_0000 + (slot << 11) + (number << 8) + (register & 0xfc), 0);
  };
  const read = (slot: number, register: number, size: 1 | 2 | 4 = 4, number = 0): number | undefined => {
    select(slot, register, number);
    return host.read(register & 3, size, 1);
  };
  const write = (slot: number, register: number, value: number, size: 1 | 2 | 4 = 4): void => {
    select(slot, register);
    host.write(register & 3, size, value, 1);
  };
  return { board, host, maps, read, write };
};

describe("[pc-devices] PCI host bridge", () => {
  it("mechanism 1: the address register is a dword; data of any width at any byte (§3.2.2.3.2)", () => {
    const { host, read } = setUp();
    expect(read(0, 0)).toBe(0x1237_8086);
    expect([read(0, 2, 2), read(0, 3, 1), read(1, 0)]).toEqual([0x1237, 0x12, 0x7000_8086]);
    host.write(0, 4, 0xffff_ffff, 0);
    expect(host.read(0, 4, 0), "reserved bits").toBe(0x80ff_fffc);
    expect([host.write(1, 1, 6, 0), host.read(1, 1, 0), host.read(0, 2, 0)], "not ours").toEqual([
      false,
      undefined,
      undefined,
    ]);
  });

  it("nobody there: not answered, so all ones; nor without the enable bit, nor on another bus", () => {
    const { host, read } = setUp();
    expect([read(5, 0), read(0, 0, 4, 3)]).toEqual([undefined, undefined]);
    host.write(0, 4, 0x0000_0000, 0);
    expect(host.read(0, 4, 1)).toBeUndefined();
    host.write(0, 4, 0x8001_0000, 0);
    expect(host.read(0, 4, 1)).toBeUndefined();
  });

  it("IDs, class and status are read-only; interrupt line is memory (§6.2)", () => {
    const { host, read, write } = setUp();
    host.add(3, 0, "card", card({ subsystemVendor: 0x1af4, subsystem: 2 }));
    for (const register of [0x00, 0x08, 0x2c, 0x34]) write(3, register, 0xffff_ffff);
    expect([read(3, 0), read(3, 8), read(3, 0x2c)]).toEqual([0x1042_1af4, 0x0100_0000, 0x0002_1af4]);
    write(3, 0x3c, 0xffff_ffff);
    expect(read(3, 0x3c)).toBe(0x01ff);
    write(3, 0x04, 0xffff_ffff);
    expect(read(3, 0x04), "command bits that exist").toBe(0x0547);
  });

  it("sizing: all ones read back as the size's mask with the type bits (§6.2.5.1)", () => {
    const { host, read, write, maps } = setUp();
    host.add(3, 0, "card", card());
    for (const register of [0x10, 0x14, 0x18, 0x1c, 0x20]) write(3, register, 0xffff_ffff);
    expect([0x10, 0x14, 0x18, 0x1c, 0x20].map((register) => read(3, register))).toEqual([
      0xffff_c004, 0xffff_ffff, 0xffff_ffe1, 0xffff_f000, 0,
    ]);
    write(3, 0x04, 3, 2);
    expect(maps, "the sizing value is no address").toEqual([]);
  });

  it("decodes where it is put, while the command register allows; moves in one step", () => {
    const { host, write, maps } = setUp();
    host.add(3, 0, "card", card());
    write(3, 0x10, 0xe000_0000);
    write(3, 0x18, 0xc000);
    expect(maps).toEqual([]);
    write(3, 0x04, 2, 2);
    expect(maps).toEqual(["+memory e0000000+4000/7"]);
    write(3, 0x04, 3, 2);
    write(3, 0x10, 0xe800_0000);
    expect(maps.slice(1)).toEqual(["+io c000+20/2", "-memory e0000000+4000/7", "+memory e8000000+4000/7"]);
    write(3, 0x14, 1);
    write(3, 0x04, 0, 2);
    expect(maps.slice(4)).toEqual([
      "-memory e8000000+4000/7",
      "+memory 1e8000000+4000/7",
      "-memory 1e8000000+4000/7",
      "-io c000+20/2",
    ]);
  });

  it("a place that is taken is asked for again only after a change", () => {
    let asked = 0;
    const { host, write } = setUp({
      map: () => {
        asked++;
        return undefined;
      },
    });
    host.add(3, 0, "card", card());
    write(3, 0x1c, 0xfee0_0000);
    write(3, 0x04, 2, 2);
    write(3, 0x3c, 5, 1);
    write(3, 0x04, 6, 2);
    expect(asked).toBe(1);
    write(3, 0x1c, 0xe000_0000);
    expect(asked).toBe(2);
  });

  it("INTx: swizzled to I/O APIC pins 16–19, routed to an 8259 pin, off by the disable bit (PIRQRC)", () => {
    const { board, host, read, write } = setUp();
    const [one, two] = [card(), card()];
    host.add(2, 0, "one", one);
    host.add(6, 0, "two", two);
    one.config.setInterrupt(true);
    expect(board.edges).toEqual(["gsi17+@0"]);
    expect(read(2, 6, 2)! & 8).toBe(8);
    write(1, 0x61, 0x0b, 1);
    two.config.setInterrupt(true);
    one.config.setInterrupt(false);
    expect(board.edges, "the other one still holds it").toEqual(["gsi17+@0", "irq11+@0"]);
    write(6, 0x04, 0x400, 2);
    expect(board.edges.slice(2)).toEqual(["gsi17-@0", "irq11-@0"]);
    expect(read(6, 6, 2)! & 8, "status shows it all the same").toBe(8);
  });

  it("shadow attributes are told; bits that do not exist stay zero (82441FX §3.2.18)", () => {
    const told: (readonly number[])[] = [];
    const { write } = setUp({ shadowChanged: (attributes) => told.push(attributes) });
    write(0, 0x59, 0xff, 1);
    write(0, 0x5c, 0xffff_ffff);
    expect(told).toEqual([
      [0x30, 0, 0, 0, 0, 0, 0],
      [0x30, 0, 0, 0x33, 0x33, 0x33, 0x33],
    ]);
  });

  it("several functions in one slot show in the header type; two in one place are a mistake", () => {
    const { host, read } = setUp();
    host.add(3, 0, "card", card());
    expect(read(3, 0x0e, 1)).toBe(0);
    host.add(3, 1, "second", card());
    expect([read(3, 0x0e, 1), read(3, 0, 2, 1)]).toEqual([0x80, 0x1af4]);
    expect(() => host.add(3, 1, "third", card())).toThrow('"third" at 3.1: "second" is already there');
    expect(() => host.add(32, 0, "far", card())).toThrow("expected a device 0–31");
  });

  it("capabilities form a list; only their writable bits change (§6.7)", () => {
    const { host, read, write } = setUp();
    const written: string[] = [];
    const made = card({
      capabilities: [
        { id: 0x09, body: Uint8Array.of(1, 2, 3) },
        { id: 0x11, body: new Uint8Array(10), writable: Uint8Array.of(0, 0xc0) },
      ],
    });
    made.config.onCapabilityWrite = (index, first, last) => written.push(`${index}: ${first}-${last}`);
    host.add(3, 0, "card", made);
    expect([read(3, 6, 2), read(3, 0x34, 1), read(3, 0x40), read(3, 0x48, 2)]).toEqual([0x10, 0x40, 0x0201_4809, 0x11]);
    write(3, 0x48, 0xffff_ffff);
    expect([read(3, 0x48), written]).toEqual([0xc000_0011, ["1: 0-1"]]);
  });

  it("whatever a guest writes, mapped ranges stay in their space and are undone once", () => {
    const access = fc.record({
      register: fc.constantFrom(0x04, 0x10, 0x14, 0x18, 0x1c),
      value: fc.oneof(fc.nat(0xffff_ffff), fc.constantFrom(3, 0, 0xffff_ffff, 0xfee0_0000)),
    });
    fc.assert(
      fc.property(fc.array(access, { maxLength: 30 }), (accesses) => {
        const live = new Set<BarMapping>();
        const { host, write } = setUp({
          map: (mapping) => {
            expect(mapping.base + mapping.size).toBeLessThanOrEqual(mapping.space === "io" ? 0x1_0000 : 2 ** 52);
            expect(mapping.base % mapping.size).toBe(0);
            live.add(mapping);
            return () => void expect(live.delete(mapping)).toBe(true);
          },
        });
        const made = card();
        host.add(4, 0, "card", made);
        for (const { register, value } of accesses) write(4, register, value);
        made.config.reset();
        expect(live.size).toBe(0);
      }),
    );
  });
});

describe("[pc-devices] MSI-X", () => {
  const setUpMsix = () => {
    const sent: string[] = [];
    const msix = createMsix(3, 1, (address, data) => sent.push(`${address.toString(16)}=${data.toString(16)}`));
    const program = (entry: number, data: number, control = 0): void => {
      msix.write(entry * 16, 4, 0xfee0_0000);
      msix.write(entry * 16 + 8, 4, data);
      msix.write(entry * 16 + 12, 4, control);
    };
    return { msix, sent, program };
  };

  it("capability: table size, table and pending bits in the range (§6.8.2)", () => {
    const { msix } = setUpMsix();
    expect([...msix.capability.body]).toEqual([2, 0, 1, 0, 0, 0, 1, 8, 0, 0]);
    expect([msix.read(0x0c, 4), msix.read(0x1c, 4)], "masked after RESET").toEqual([1, 1]);
  });

  it("sends while enabled; a masked entry waits for its turn (§6.8.3.4)", () => {
    const { msix, sent, program } = setUpMsix();
    program(0, 0x41);
    program(1, 0x42, 1);
    msix.notify(0);
    expect(sent, "not enabled").toEqual([]);
    msix.setControl(0x8000);
    msix.notify(0);
    msix.notify(1);
    msix.notify(1);
    expect([sent, msix.read(0x800, 4)]).toEqual([["fee00000=41"], 2]);
    msix.write(0x1c, 4, 0);
    expect([sent, msix.read(0x800, 4)]).toEqual([["fee00000=41", "fee00000=42"], 0]);
    msix.setControl(0xc000);
    msix.notify(0);
    expect(sent).toHaveLength(2);
    msix.setControl(0x8000);
    expect(sent).toHaveLength(3);
  });

  it("entries and words that are not there do nothing", () => {
    const { msix, sent } = setUpMsix();
    msix.setControl(0x8000);
    msix.notify(3);
    msix.notify(0xffff);
    msix.write(0x7fc, 4, 0);
    msix.write(0x0d, 1, 0);
    expect([sent, msix.read(0x7fc, 4), msix.read(0x0c, 4)]).toEqual([[], 0, 1]);
  });
});
