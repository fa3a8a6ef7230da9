/** Firmware images: a BIOS of a few instructions that looks around, the tables that one finds, and what is refused. */
import { describe, expect, it } from "vitest";
import { createMachine, type Machine } from "../machine.ts";
import { ConfigError, completeConfig, type MachineConfig } from "../machine-config.ts";
import { biosPlaces, fwCfgContents } from "./bios.ts";

/** mov dx, port; out dx, al / in al, dx … as bytes. */
const outByte = (port: number, value: number): number[] => [0xba, port & 0xff, port >> 8, 0xb0, value, 0xee];
const word = (value: number): number[] => [value & 0xff, value >> 8];
const DESCRIPTOR = 0x9000;

/** 64 KiB whose last 16 bytes jump to f000:e000. */
function smallBios(code: readonly number[]): Uint8Array {
  const image = new Uint8Array(0x1_0000);
  image.set(code, 0xe000);
  image.set([0xea, ...word(0xe000), ...word(0xf000)], 0xfff0);
  return image;
}

const looksAround = [
  // cli; xor ax, ax; mov ds, ax; mov es, ax
  ...[0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0],
  // fw_cfg's signature (item 0) by its ports, four bytes to 0x8000: mov dx, 0x510; out dx, ax; inc dx; mov di, 0x8000; mov cx, 4; rep insb
  ...[0xba, 0x10, 0x05, 0xef, 0x42, 0xbf, 0x00, 0x80, 0xb9, 4, 0, 0xf3, 0x6c],
  // and by DMA: mov dx, 0x518; mov eax, bswap(0x9000); out dx, eax
  ...[0xba, 0x18, 0x05, 0x66, 0xb8, 0, 0, 0x90, 0, 0x66, 0xef],
  // CMOS 0x3d to 0x8020
  ...[...outByte(0x70, 0x3d), 0xba, 0x71, 0, 0xec, 0xa2, 0x20, 0x80],
  ...outByte(0x402, 0x21),
  // "A" on the screen: mov ax, 0xb800; mov es, ax; mov word es:[0], 0x0741
  ...[0xb8, 0x00, 0xb8, 0x8e, 0xc0, 0x26, 0xc7, 0x06, 0, 0, 0x41, 0x07],
  // A store into the shadow, which is RAM: mov byte cs:[0xfff5], 0x5a; hlt
  ...[0x2e, 0xc6, 0x06, 0xf5, 0xff, 0x5a, 0xf4],
];

function started(config: MachineConfig = {}, code = looksAround): Machine {
  const machine = createMachine({ memory: 2, firmware: { bios: smallBios(code) }, ...config });
  machine.boot();
  // Item 0x19, the directory: select and read 4 bytes to 0x8010 (fw_cfg.rst: big-endian control, length, address).
  machine.memory.write(DESCRIPTOR, Uint8Array.of(0, 0x19, 0, 0x0a, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0x80, 0x10));
  return machine;
}

describe("[firmware] a BIOS", () => {
  it("runs from the reset vector in its shadow; fw_cfg, CMOS, log port and screen are there", () => {
    const machine = started();
    const log: number[] = [];
    machine.devices.firmwareLog.onOutput((bytes) => log.push(...bytes));
    expect(machine.run({ maxInstructions: 100_000 })).toEqual({ kind: "halted" });
    const { memory } = machine;
    expect(memory.read(0x8000, 4)).toEqual(new TextEncoder().encode("QEMU"));
    expect(memory.read(DESCRIPTOR, 4), "DMA is done").toEqual(new Uint8Array(4));
    // e820, two of SMBIOS, three of ACPI, boot order.
    expect(memory.read(0x8010, 4)).toEqual(Uint8Array.of(0, 0, 0, 7));
    expect(memory.readU8(0x8020), "disks, then the network").toBe(0x42);
    expect(log).toEqual([0x21]);
    expect(machine.screen()?.text[0]).toBe("A");
    expect([memory.readU8(0xf_fff5), memory.readU8(0xffff_fff5)], "shadow and ROM").toEqual([0x5a, 0]);
    expect(memory.isWritable(0xffff_0000)).toBe(false);
  });

  it("saved anywhere and loaded into another machine it goes on with the same trace", () => {
    const whole = started();
    whole.run({ maxInstructions: 100_000 });
    for (const after of [1, 3, 7, 10]) {
      const first = started();
      first.run({ maxSteps: after });
      const second = started();
      second.load(structuredClone(first.save()));
      expect(second.run({ maxInstructions: 100_000 })).toEqual({ kind: "halted" });
      expect(second.traceHash()).toBe(whole.traceHash());
      expect(second.screen()?.text[0]).toBe("A");
    }
  });

  it("without a VGA there is RAM in its window, and no screen", () => {
    const machine = started({ vga: false });
    machine.run({ maxInstructions: 100_000 });
    expect(machine.screen()).toBeUndefined();
    expect(machine.memory.readU16(0xb_8000)).toBe(0x0741);
  });

  it("its local APIC is as RESET leaves it: software-disabled, LINT0 masked (SDM vol. 3 §12.4.7.1)", () => {
    // 32-bit accesses need no more than big offsets here: mov eax, 0xf… in real mode stays below 64 KiB, so by MSR in x2APIC mode.
    const rdmsr = (index: number, to: number): number[] => [
      ...[0x66, 0xb9, ...word(index), 0, 0, 0x0f, 0x32, 0x66, 0xa3, ...word(to)],
    ];
    const on = [0x66, 0xb9, 0x1b, 0, 0, 0, 0x0f, 0x32, 0x66, 0x0d, 0x00, 0x04, 0, 0, 0x0f, 0x30];
    const code = [0xfa, 0x31, 0xc0, 0x8e, 0xd8, ...on, ...rdmsr(0x80f, 0x8000), ...rdmsr(0x835, 0x8004), 0xf4];
    const machine = started({}, code);
    expect(machine.run({ maxInstructions: 100_000 })).toEqual({ kind: "halted" });
    expect([machine.memory.readU32(0x8000), machine.memory.readU32(0x8004)]).toEqual([0xff, 0x1_0000]);
  });

  it("an image and firmware, or neither, is a mistake", () => {
    expect(() => createMachine().boot()).toThrow("firmware: there is none, and no image was given to start");
    const image = { format: "flat", segments: [], entry: {} as never, requiredMemory: 0 } as const;
    expect(() => started().boot(image)).toThrow("firmware: it boots from a disk, and an image was given to start");
  });

  it("256 KiB end at 4 GiB; only their last half is below 1 MiB", () => {
    const bios = new Uint8Array(0x4_0000);
    const { rom, shadow, bytes } = biosPlaces({ bios, vgaBios: undefined, boot: "c", files: {} });
    expect([rom, shadow, bytes.length]).toEqual([0xfffc_0000, 0xe_0000, 0x2_0000]);
  });
});

describe("[firmware] files for a BIOS", () => {
  const contents = (config: MachineConfig = {}) => {
    const complete = completeConfig({ memory: 16, firmware: { bios: smallBios([]) }, ...config });
    return fwCfgContents(complete, complete.firmware!, { low: 16 << 20, high: 0 });
  };
  const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
  const disk = { backend: { sectors: 1, readSectors: () => new Uint8Array(512), writeSectors: () => false } };

  it("the script places tables: pointers lead where they were placed, and every sum is zero", () => {
    const { files = {} } = contents({ vcpus: 2 });
    const places: Record<string, number> = { "etc/acpi/tables": 0x00f0_1040, "etc/acpi/rsdp": 0x000f_5a40 };
    const memory = new Uint8Array(0x100_0000);
    const view = new DataView(memory.buffer);
    const script = files["etc/table-loader"]!;
    const sum = (from: number, length: number): number =>
      memory.subarray(from, from + length).reduce((total, byte) => total + byte, 0) & 0xff;
    const allocated: unknown[] = [];
    // As SeaBIOS's romfile_loader.c does it.
    for (let at = 0; at < script.length; at += 128) {
      const entry = new DataView(script.buffer, script.byteOffset + at, 128);
      const name = (offset: number): string =>
        text(script.subarray(at + offset, at + offset + 56)).replace(/\0.*$/s, "");
      const u32 = (offset: number): number => entry.getUint32(offset, true);
      const base = places[name(4)]!;
      if (u32(0) === 1) {
        allocated.push([name(4), u32(60), entry.getUint8(64)]);
        memory.set(files[name(4)]!, base);
      } else if (u32(0) === 2) {
        const where = base + u32(116);
        view.setUint32(where, view.getUint32(where, true) + places[name(60)]!, true);
        expect([4, 8]).toContain(entry.getUint8(120));
      } else {
        expect(u32(0)).toBe(3);
        memory[base + u32(60)]! -= sum(base + u32(64), u32(68));
      }
    }
    expect(allocated).toEqual([
      ["etc/acpi/tables", 64, 1],
      ["etc/acpi/rsdp", 16, 2],
    ]);
    const rsdp = places["etc/acpi/rsdp"]!;
    expect([text(memory.subarray(rsdp, rsdp + 8)), sum(rsdp, 20), sum(rsdp, 36)]).toEqual(["RSD PTR ", 0, 0]);
    const signature = (at: number): string => text(memory.subarray(at, at + 4));
    const sealed = (at: number): string => {
      expect(sum(at, view.getUint32(at + 4, true)), signature(at)).toBe(0);
      return signature(at);
    };
    const xsdt = view.getUint32(rsdp + 24, true);
    const entries = Array.from({ length: (view.getUint32(xsdt + 4, true) - 36) / 8 }, (_, index) =>
      view.getUint32(xsdt + 36 + index * 8, true),
    );
    expect([sealed(xsdt), ...entries.map(sealed)]).toEqual(["XSDT", "FACP", "APIC", "HPET"]);
    const [fadt] = entries;
    const [facs, dsdt, longDsdt] = [36, 40, 140].map((offset) => view.getUint32(fadt! + offset, true));
    expect([signature(facs!), facs! % 64, sealed(dsdt!), longDsdt]).toEqual(["FACS", 0, "DSDT", dsdt]);
  });

  it("SMBIOS: the 31 bytes of the entry point, and tables of the length that it tells", () => {
    const { files = {} } = contents({ vmwareHw: 11 });
    const anchor = files["etc/smbios/smbios-anchor"]!;
    const tables = files["etc/smbios/smbios-tables"]!;
    expect([text(anchor.subarray(0, 4)), anchor.length, anchor[5]]).toEqual(["_SM_", 31, 31]);
    expect(anchor[22]! | (anchor[23]! << 8)).toBe(tables.length);
    expect(text(tables)).toContain("VMware Virtual Platform");
  });

  it("boot order names disks and network cards by their slots", () => {
    const config = { disks: [disk, disk], networks: [{}] };
    const order = (boot: string): string =>
      text(contents({ ...config, firmware: { bios: smallBios([]), boot } }).files!["bootorder"]);
    expect(order("cn")).toBe("/pci@i0cf8/scsi@4/disk@0,0\n/pci@i0cf8/scsi@5/disk@0,0\n/pci@i0cf8/ethernet@c\0");
    expect(order("n")).toBe("/pci@i0cf8/ethernet@c\0");
  });

  it("screens: a card's ROM by its IDs on PCI, by name without; no screen: text goes to COM1", () => {
    const vgaBios = Uint8Array.of(0x55, 0xaa, 1);
    const names = (config: MachineConfig): string[] => Object.keys(contents(config).files!);
    const firmware = { bios: smallBios([]), vgaBios };
    expect(names({ firmware })).toContain("pci1234,1111.rom");
    expect(names({ firmware, pci: false })).toContain("vgaroms/vgabios.bin");
    expect(contents({ vga: false }).files!["etc/sercon-port"]).toEqual(Uint8Array.of(0xf8, 3));
    expect(names({ firmware })).not.toContain("etc/sercon-port");
  });

  it.each<[string, MachineConfig, string]>([
    [
      "a BIOS of a strange length",
      { firmware: { bios: new Uint8Array(1000) } },
      "bios: an image of a multiple of 64 KiB up to 4 MiB expected, found 1000 bytes",
    ],
    [
      "a VGA BIOS that is none",
      { firmware: { bios: smallBios([]), vgaBios: new Uint8Array(512) } },
      "vgabios: an option ROM expected, which begins with 55 aa",
    ],
    [
      "an unknown boot device",
      { firmware: { bios: smallBios([]), boot: "cd" } },
      'boot: letters of "cn" (c: disks, n: network), each once, expected, found "cd"',
    ],
    [
      "the board's own files",
      { firmware: { bios: smallBios([]), files: { "etc/acpi/tables": new Uint8Array(1) } } },
      "fw_cfg: etc/acpi/tables is the board's own",
    ],
    [
      "a long name",
      { firmware: { bios: smallBios([]), files: { ["x".repeat(56)]: new Uint8Array(1) } } },
      `fw_cfg: a name of 1 to 55 printable ASCII characters expected, found "${"x".repeat(56)}"`,
    ],
    ["odd video memory", { vga: true, videoRam: 3 }, "videoram: 1, 2, 4, 8, 16 MiB expected, found 3"],
    ["five network cards", { networks: [{}, {}, {}, {}, {}] }, "vif: at most 4 expected, found 5"],
    [
      "a group's address",
      { networks: [{ mac: Uint8Array.of(1, 0, 0, 0, 0, 1) }] },
      "vif: a MAC address of 6 bytes that is no group's expected, found [1, 0, 0, 0, 0, 1]",
    ],
    [
      "a network card without PCI",
      { networks: [{}], pci: false },
      "vif: network cards are on the PCI bus, and pci is off",
    ],
  ])("refuses %s", (_, config, message) => {
    expect(() => createMachine(config)).toThrow(new ConfigError(message.split(":")[0]!, message.replace(/^\w+: /, "")));
  });
});
