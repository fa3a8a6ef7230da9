/**
 * SMBIOS structures and their two entry points: who made this machine, in the strings that guests look for.
 *
 * Sources: DMTF DSP0134 3.7 §5.2.1 (32-bit entry point), §7.1 BIOS, §7.2 System, §7.4 Enclosure, §7.5 Processor, §7.17–7.20 memory,
 * §7.33 boot, §7.45 end; VMware KB 1009458 ("VMware-" serial number, product names); cloud-init `ds-identify` (what it compares).
 */

export interface SmbiosOptions {
  /** Strings as VMware's machines have them; without it the machine says what it is. */
  readonly vmware: boolean;
  /** 16 bytes, as Xen and VMware write them. */
  readonly uuid: Uint8Array;
  readonly vcpus: number;
  readonly memoryMb: number;
}

/** Who made the machine and its firmware. */
export interface DmiStrings {
  readonly manufacturer: string;
  readonly product: string;
  readonly serial: string;
  readonly biosVendor: string;
  readonly biosVersion: string;
}

/** "VMware-56 4d …-…": the UUID in two halves (VMware KB 1009458). */
function vmwareSerial(uuid: Uint8Array): string {
  const pairs = [...uuid].map((byte) => byte.toString(16).padStart(2, "0"));
  return `VMware-${pairs.slice(0, 8).join(" ")}-${pairs.slice(8).join(" ")}`;
}

const plain: DmiStrings = {
  manufacturer: "Simulated HVM",
  product: "HVM domU",
  serial: "0",
  biosVendor: "Simulated HVM",
  biosVersion: "1",
};

export const dmiStrings = (vmware: boolean, uuid: Uint8Array): DmiStrings =>
  vmware
    ? {
        manufacturer: "VMware, Inc.",
        product: "VMware Virtual Platform",
        serial: vmwareSerial(uuid),
        biosVendor: "Phoenix Technologies LTD",
        biosVersion: "6.00",
      }
    : plain;

type Field =
  | { readonly size: 1 | 2 | 4 | 8; readonly value: number }
  | { readonly text: string }
  | { readonly raw: Uint8Array };
const byte = (value: number): Field => ({ size: 1, value });
const word = (value: number): Field => ({ size: 2, value });
const double = (value: number): Field => ({ size: 4, value });
const text = (value: string): Field => ({ text: value });

/** One structure (§6.1): header, formatted area, strings, two zeros. */
function structure(type: number, handle: number, fields: readonly Field[]): number[] {
  const formatted: number[] = [];
  const strings: string[] = [];
  for (const field of fields) {
    if ("raw" in field) formatted.push(...field.raw);
    else if ("text" in field) formatted.push(strings.push(field.text));
    else for (let i = 0; i < field.size; i++) formatted.push(Math.floor(field.value / 2 ** (8 * i)) & 0xff);
  }
  const tail = strings.flatMap((entry) => [...new TextEncoder().encode(entry), 0]);
  return [type, formatted.length + 4, handle & 0xff, handle >> 8, ...formatted, ...(tail.length ? tail : [0]), 0];
}

/** SMBIOS writes the first three fields of a UUID little-endian (§7.2.1). */
const swapped = (u: Uint8Array): Uint8Array =>
  Uint8Array.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15], (index) => u[index] ?? 0);

const NONE = 0xffff;
/** Length of the entry point, which the structures follow. */
export const ENTRY_BYTES = 32;

/** Entry point at `base`, which must be a multiple of 16 in 0xf0000–0xfffff, the structures behind it. */
export function buildSmbios({ vmware, uuid, vcpus, memoryMb }: SmbiosOptions, base: number): Uint8Array {
  const s = dmiStrings(vmware, uuid);
  const structures: number[][] = [
    structure(0, 0, [
      ...[text(s.biosVendor), text(s.biosVersion), word(0xe800), text("01/01/2026"), byte(0)],
      // BIOS characteristics: PCI (7); extension: ACPI (0); targeted distribution; virtual machine (4).
      ...[double(1 << 7), double(0), byte(1), byte(0b1_0100), byte(4), byte(6), byte(0xff), byte(0xff)],
    ]),
    structure(1, 1, [
      ...[text(s.manufacturer), text(s.product), text("None"), text(s.serial)],
      // Woken by the power switch.
      ...[{ raw: swapped(uuid) }, byte(6), text("Not Specified"), text("Not Specified")],
    ]),
    structure(3, 3, [
      ...[text(s.manufacturer), byte(1), text("N/A"), text(s.serial), text("No Asset Tag")],
      ...[byte(3), byte(3), byte(3), byte(3), double(0), byte(0), byte(0), byte(0), byte(0)],
    ]),
    ...Array.from({ length: vcpus }, (_, index) =>
      structure(4, 0x400 + index, [
        ...[text(`CPU ${index}`), byte(3), byte(1), text(s.manufacturer), double(0), double(0), text("Not Specified")],
        // Voltage unknown, clocks unknown, enabled and populated, socket unknown, no cache handles.
        ...[byte(0), word(0), word(0), word(0), byte(0x41), byte(2), word(NONE), word(NONE), word(NONE)],
        ...[text("0"), text("0"), text("0"), byte(1), byte(1), byte(1), word(1 << 2), word(1)],
      ]),
    ),
    structure(16, 0x1000, [byte(1), byte(3), byte(3), double(memoryMb * 1024), word(0xfffe), word(1)]),
    structure(17, 0x1100, [
      ...[word(0x1000), word(0xfffe), word(64), word(64), word(memoryMb), byte(9), byte(0), text("RAM slot #0")],
      ...[text("RAM slot #0"), byte(7), word(1 << 1), word(0), text(s.manufacturer), text("0"), text("0"), text("0")],
    ]),
    structure(19, 0x1300, [double(0), double(memoryMb * 1024 - 1), word(0x1000), byte(1)]),
    structure(32, 0x2000, [{ raw: new Uint8Array(6) }, byte(0)]),
    structure(127, 0x7f00, []),
  ];
  const area = structures.flat();
  const bytes = new Uint8Array(ENTRY_BYTES + area.length);
  const view = new DataView(bytes.buffer);
  const put = (at: number, letters: string): void => {
    for (let i = 0; i < letters.length; i++) bytes[at + i] = letters.charCodeAt(i);
  };
  put(0, "_SM_");
  bytes[5] = 31;
  bytes[6] = 2;
  bytes[7] = 8;
  view.setUint16(8, Math.max(...structures.map(({ length }) => length)), true);
  put(16, "_DMI_");
  view.setUint16(22, area.length, true);
  view.setUint32(24, base + ENTRY_BYTES, true);
  view.setUint16(28, structures.length, true);
  bytes[30] = 0x28;
  const sum = (from: number, to: number): number => bytes.subarray(from, to).reduce((total, b) => total + b, 0);
  bytes[21] = -sum(16, 31);
  bytes[4] = -sum(0, 31);
  bytes.set(area, ENTRY_BYTES);
  return bytes;
}
