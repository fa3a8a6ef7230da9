/**
 * What a BIOS made for QEMU's boards finds beside its own image: the items and files of fw_cfg, and CMOS memory.
 *
 * Sources: QEMU `docs/specs/fw_cfg.rst`, `include/standard-headers/linux/qemu_fw_cfg.h` (keys); SeaBIOS `docs/Runtime_config.md` (files, boot order),
 * `src/fw/paravirt.c` (e820, legacy keys), `src/boot.c` (CMOS 0x38 and 0x3d).
 */
import type { FwCfgOptions } from "pc-devices";
import { CARD_SLOTS } from "../board-constants.ts";
import type { CompleteConfig, CompleteFirmware } from "../machine-config.ts";
import { RSDP_ROOM } from "./acpi-tables.ts";
import { acpiTables, smbiosTables } from "./firmware-tables.ts";
import { ENTRY_BYTES } from "./smbios.ts";
import { tableLoaderFiles } from "./table-loader.ts";

/** Keys of fw_cfg. */
const RAM_SIZE = 0x03;
const NO_GRAPHIC = 0x04;
const CPUS = 0x05;
const BOOT_MENU = 0x0e;
const MAX_CPUS = 0x0f;
/** Of x86: the PIT is on pin 2 of the I/O APIC. */
const IRQ0_OVERRIDE = 0x8002;
const COM1 = 0x3f8;
/** SMBIOS' 32-bit entry point without the room behind it (DSP0134 §5.2.1): SeaBIOS takes it by its length. */
const ANCHOR_BYTES = 31;
const E820_RAM = 1;
const E820_RESERVED = 2;
const FOUR_GIB = 2 ** 32;
/** The last part of the image, which real mode reaches. */
const SHADOW_BYTES = 0x2_0000;
const SHADOW_END = 0x10_0000;

/** RAM below and above 4 GiB, in bytes. */
export interface RamSplit {
  readonly low: number;
  readonly high: number;
}

/** Where the image stands, and its shadow below 1 MiB. */
export function biosPlaces({ bios }: CompleteFirmware): {
  readonly rom: number;
  readonly shadow: number;
  readonly bytes: Uint8Array;
} {
  const bytes = bios.subarray(Math.max(bios.length - SHADOW_BYTES, 0));
  return { rom: FOUR_GIB - bios.length, shadow: SHADOW_END - bytes.length, bytes };
}

/** @throws ConfigError never: the configuration was checked */
export function fwCfgContents(
  config: CompleteConfig,
  firmware: CompleteFirmware,
  { low, high }: RamSplit,
): Pick<FwCfgOptions, "items" | "files"> {
  const { vcpus, vga, pci, acpi } = config;
  const { bios, vgaBios, files } = firmware;
  const smbios = smbiosTables(config, 0);
  return {
    items: {
      [RAM_SIZE]: number(low + high, 8),
      [NO_GRAPHIC]: number(vga ? 0 : 1, 2),
      [CPUS]: number(vcpus, 2),
      [BOOT_MENU]: number(0, 2),
      [MAX_CPUS]: number(vcpus, 2),
      [IRQ0_OVERRIDE]: number(1, 1),
    },
    files: {
      "etc/e820": e820([
        [0, low, E820_RAM],
        ...(high > 0 ? [[FOUR_GIB, high, E820_RAM] as const] : []),
        [FOUR_GIB - bios.length, bios.length, E820_RESERVED],
      ]),
      "etc/smbios/smbios-anchor": smbios.slice(0, ANCHOR_BYTES),
      "etc/smbios/smbios-tables": smbios.slice(ENTRY_BYTES),
      ...(acpi ? tableLoaderFiles(acpiTables(config, -RSDP_ROOM)) : {}),
      // On PCI the card's own ROM, by its IDs.
      ...(vgaBios === undefined ? {} : { [pci ? "pci1234,1111.rom" : "vgaroms/vgabios.bin"]: vgaBios }),
      // Without a screen its text goes to the serial port.
      ...(vga ? {} : { "etc/sercon-port": number(COM1, 2) }),
      bootorder: bootOrder(config, firmware),
      ...files,
    },
  };
}

/** Where the BIOS looks for the order of boot devices beside the file: nibbles, the first one lowest. */
export function biosCmos({ boot }: CompleteFirmware): Record<number, number> {
  const kinds: Readonly<Record<string, number>> = { c: 2, n: 4 };
  const [first = 0, second = 0] = [...boot].map((letter) => kinds[letter]!);
  // Bit 0 of 0x38: a floppy disk is tried without looking for its signature.
  return { 56: 1, 61: first | (second << 4) };
}

/** Open Firmware's names of the devices, one a line. */
function bootOrder({ disks, networks }: CompleteConfig, { boot }: CompleteFirmware): Uint8Array {
  const paths: Readonly<Record<string, readonly string[]>> = {
    c: disks.map((_, index) => `/pci@i0cf8/scsi@${hex(CARD_SLOTS.disks + index)}/disk@0,0`),
    n: networks.map((_, index) => `/pci@i0cf8/ethernet@${hex(CARD_SLOTS.networks + index)}`),
  };
  return new TextEncoder().encode(`${[...boot].flatMap((letter) => paths[letter]!).join("\n")}\0`);
}

const hex = (value: number): string => value.toString(16);

/** Little-endian. */
const number = (value: number, size: number): Uint8Array =>
  Uint8Array.from({ length: size }, (_, index) => Math.floor(value / 2 ** (8 * index)) & 0xff);

const e820 = (rows: readonly (readonly [base: number, size: number, type: number])[]): Uint8Array =>
  Uint8Array.from(rows.flatMap(([base, size, type]) => [...number(base, 8), ...number(size, 8), ...number(type, 4)]));
