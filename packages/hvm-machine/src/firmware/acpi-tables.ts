/**
 * ACPI tables of a board, from a description of it: RSDP, XSDT, FADT, FACS, MADT, HPET, DSDT.
 *
 * Sources: ACPI 6.5 §5.2 (tables; offsets in comments are table offsets), §5.2.9 FADT, §5.2.12 MADT, §7.4 (sleeping objects), §6.2.13
 * _PRT; IA-PC HPET 1.0a §3.2.4.
 */
import {
  type Aml,
  argument,
  busRange,
  device,
  eisaId,
  giveBack,
  integer,
  ioPorts,
  ioWindow,
  irq,
  memoryFixed,
  memoryWindow,
  method,
  name,
  named,
  pack,
  resources,
  scope,
  store,
  when,
} from "./aml.ts";

export interface AcpiBoard {
  /** Fixed hardware, ports. */
  readonly pm1Event: number;
  readonly pm1Control: number;
  readonly pmTimer: number;
  readonly gpe0: { readonly base: number; readonly bytes: number };
  readonly sciIrq: number;
  /** SLP_TYP of soft off. */
  readonly s5Type: number;
  readonly reset: { readonly port: number; readonly value: number };
  /** Undefined: interrupts go through the 8259 pair only, and there is no MADT. */
  readonly apic:
    | {
        readonly ids: readonly number[];
        readonly address: number;
        readonly ioApic: { readonly id: number; readonly address: number };
      }
    | undefined;
  readonly hpet: number | undefined;
  readonly hasI8042: boolean;
  /** Undefined: no PCI. */
  readonly pci:
    | {
        readonly memory: { readonly from: number; readonly to: number };
        /** Global interrupts of PIRQA–PIRQD: INTA–INTD of device 1; device n is rotated by n − 1. */
        readonly gsis: readonly [number, number, number, number];
        /** Lines of the 8259 pair for the same. */
        readonly irqs: readonly [number, number, number, number];
      }
    | undefined;
}

export interface AcpiTables {
  /** What stands at `base`: the RSDP first, the others from {@link RSDP_ROOM} on. */
  readonly bytes: Uint8Array;
  readonly rsdp: number;
  /** Offsets in `bytes`: what somebody who moves the tables has to change. */
  readonly pointers: readonly { readonly at: number; readonly size: 4 | 8 }[];
  readonly checksums: readonly { readonly at: number; readonly from: number; readonly length: number }[];
}

const HEADER = 36;
const RSDP_BYTES = 36;
/** Tables begin behind the RSDP at a multiple of 64 bytes, which FACS needs (§5.2.10). */
export const RSDP_ROOM = 64;
const IO_SPACE = 1;
const OEM_ID = "SIMHVM";
const OEM_TABLE = "SIMHVM  ";
const CREATOR = "SHVM";

class Table {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly pointers: { readonly at: number; readonly size: 4 | 8 }[] = [];

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  text(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.bytes[at + i] = text.charCodeAt(i);
  }

  u16(at: number, value: number): void {
    this.view.setUint16(at, value, true);
  }

  u32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  u64(at: number, value: number): void {
    this.view.setBigUint64(at, BigInt(value), true);
  }

  /** The address of another table. */
  pointer(at: number, size: 4 | 8, address: number): void {
    if (size === 4) this.u32(at, address);
    else this.u64(at, address);
    this.pointers.push({ at, size });
  }

  /** Generic address structure of a port (§5.2.3.2). */
  port(at: number, port: number, bytes: number): void {
    this.bytes.set([IO_SPACE, bytes * 8, 0, Math.min(bytes, 4) === 4 ? 3 : bytes], at);
    this.u64(at + 4, port);
  }

  /** The byte at `at` makes the sum of `length` bytes zero. */
  checksum(at: number, length = this.bytes.length): void {
    this.bytes[at] = 0;
    this.bytes[at] = -this.bytes.subarray(0, length).reduce((sum, byte) => sum + byte, 0);
  }
}

/** A system description table with its header (§5.2.6), to be sealed when its body is there. */
function described(signature: string, revision: number, size: number): Table {
  const table = new Table(size);
  table.text(0, signature);
  table.u32(4, size);
  table.bytes[8] = revision;
  table.text(10, OEM_ID);
  table.text(16, OEM_TABLE);
  table.u32(24, 1);
  table.text(28, CREATOR);
  table.u32(32, 1);
  return table;
}

export function buildAcpiTables(board: AcpiBoard, base: number): AcpiTables {
  const placed: { readonly at: number; readonly table: Table }[] = [];
  const checksums: AcpiTables["checksums"][number][] = [];
  let end = base + RSDP_ROOM;
  const place = (table: Table, sealed = true): number => {
    const at = end;
    if (sealed) {
      table.checksum(9);
      checksums.push({ at: at - base + 9, from: at - base, length: table.bytes.length });
    }
    placed.push({ at, table });
    end = Math.ceil((at + table.bytes.length) / 64) * 64;
    return at;
  };
  const facsAt = place(facs(), false);
  const dsdtAt = place(dsdt(board));
  const tables = [place(fadt(board, facsAt, dsdtAt))];
  if (board.apic) tables.push(place(madt(board, board.apic)));
  if (board.hpet !== undefined) tables.push(place(hpetTable(board.hpet)));
  const xsdt = described("XSDT", 1, HEADER + tables.length * 8);
  for (const [index, at] of tables.entries()) xsdt.pointer(HEADER + index * 8, 8, at);
  const xsdtAt = place(xsdt);

  const bytes = new Uint8Array(end - base);
  const rsdp = new Table(RSDP_BYTES);
  rsdp.text(0, "RSD PTR ");
  rsdp.text(9, OEM_ID);
  rsdp.bytes[15] = 2;
  rsdp.u32(20, RSDP_BYTES);
  rsdp.pointer(24, 8, xsdtAt);
  rsdp.checksum(8, 20);
  rsdp.checksum(32);
  checksums.push({ at: 8, from: 0, length: 20 }, { at: 32, from: 0, length: RSDP_BYTES });
  const all = [...placed, { at: base, table: rsdp }];
  for (const { at, table } of all) bytes.set(table.bytes, at - base);
  const pointers = all.flatMap(({ at, table }) =>
    table.pointers.map((pointer) => ({ ...pointer, at: at - base + pointer.at })),
  );
  return { bytes, rsdp: base, pointers, checksums };
}

/** §5.2.10: no waking vector, the global lock is free. */
function facs(): Table {
  const table = new Table(64);
  table.text(0, "FACS");
  table.u32(4, 64);
  table.bytes[32] = 2;
  return table;
}

/** FADT flags (table 5.10). PWR_BUTTON and SLP_BUTTON are clear: both buttons are fixed hardware. */
const WBINVD = 1 << 0;
const PROC_C1 = 1 << 2;
const TMR_VAL_EXT = 1 << 8;
const RESET_REG_SUP = 1 << 10;
/** IAPC_BOOT_ARCH (table 5.11). */
const LEGACY_DEVICES = 1 << 0;
const HAS_8042 = 1 << 1;
const CMOS_CENTURY = 0x32;

function fadt(board: AcpiBoard, facsAt: number, dsdtAt: number): Table {
  const table = described("FACP", 6, 276);
  table.pointer(36, 4, facsAt);
  table.pointer(40, 4, dsdtAt);
  table.u16(46, board.sciIrq);
  // SMI_CMD (48) is zero: the machine is in ACPI mode from the start.
  table.u32(56, board.pm1Event);
  table.u32(64, board.pm1Control);
  table.u32(76, board.pmTimer);
  table.u32(80, board.gpe0.base);
  table.bytes[88] = 4;
  table.bytes[89] = 2;
  table.bytes[91] = 4;
  table.bytes[92] = board.gpe0.bytes;
  // No C2, no C3 (§5.2.9: latencies above 100 and 1,000 µs).
  table.u16(96, 101);
  table.u16(98, 1001);
  table.bytes[108] = CMOS_CENTURY;
  table.u16(109, LEGACY_DEVICES | (board.hasI8042 ? HAS_8042 : 0));
  table.u32(112, WBINVD | PROC_C1 | TMR_VAL_EXT | RESET_REG_SUP);
  table.port(116, board.reset.port, 1);
  table.bytes[128] = board.reset.value;
  table.bytes[131] = 5;
  table.pointer(140, 8, dsdtAt);
  table.port(148, board.pm1Event, 4);
  table.port(172, board.pm1Control, 2);
  table.port(208, board.pmTimer, 4);
  table.port(220, board.gpe0.base, board.gpe0.bytes);
  return table;
}

/** Polarity and trigger of an interrupt override (table 5.26): active high, level. */
const HIGH_LEVEL = 0b11_01;
const ALL_PROCESSORS = 0xff;

function madt(board: AcpiBoard, apic: NonNullable<AcpiBoard["apic"]>): Table {
  const word = (value: number, bytes: number): number[] =>
    Array.from({ length: bytes }, (_, index) => Math.floor(value / 2 ** (8 * index)) & 0xff);
  const override = (irqLine: number, gsi: number, flags: number): number[] => [
    ...[2, 10, 0, irqLine],
    ...word(gsi, 4),
    ...word(flags, 2),
  ];
  const entries = [
    ...apic.ids.flatMap((id) => [0, 8, id, id, ...word(1, 4)]),
    ...[1, 12, apic.ioApic.id, 0, ...word(apic.ioApic.address, 4), ...word(0, 4)],
    // The timer is on pin 2; the SCI is level-triggered; everything else is as on ISA.
    ...override(0, 2, 0),
    ...override(board.sciIrq, board.sciIrq, HIGH_LEVEL),
    // LINT1 of all processors is NMI.
    ...[4, 6, ALL_PROCESSORS, 0, 0, 1],
  ];
  const table = described("APIC", 5, HEADER + 8 + entries.length);
  table.u32(36, apic.address);
  // PCAT_COMPAT: a pair of 8259s is there as well.
  table.u32(40, 1);
  table.bytes.set(entries, 44);
  return table;
}

/** Intel, three comparators, 64 bits, legacy replacement. */
const HPET_ID = 0x8086_a201;
const HPET_MIN_TICK = 0x80;

function hpetTable(address: number): Table {
  const table = described("HPET", 1, 56);
  table.u32(36, HPET_ID);
  table.u64(44, address);
  table.u16(53, HPET_MIN_TICK);
  return table;
}

function dsdt(board: AcpiBoard): Table {
  const { pci } = board;
  const isa: readonly Aml[] = [
    device("RTC", [named("_HID", eisaId("PNP0B00")), named("_CRS", resources([ioPorts(0x70, 2), irq(8)]))]),
    device("COM1", [
      named("_HID", eisaId("PNP0501")),
      named("_UID", integer(1)),
      named("_CRS", resources([ioPorts(0x3f8, 8), irq(4)])),
    ]),
    ...(board.hpet === undefined
      ? []
      : [
          device("HPET", [
            named("_HID", eisaId("PNP0103")),
            named("_CRS", resources([memoryFixed(board.hpet, 0x400)])),
          ]),
        ]),
    ...(board.hasI8042
      ? [
          device("KBD", [
            named("_HID", eisaId("PNP0303")),
            named("_CRS", resources([ioPorts(0x60, 1), ioPorts(0x64, 1), irq(1)])),
          ]),
          device("MOU", [named("_HID", eisaId("PNP0F13")), named("_CRS", resources([irq(12)]))]),
        ]
      : []),
  ];
  const terms: Aml[] = [named("\\_S5", pack([board.s5Type, board.s5Type, 0, 0].map(integer))), scope("\\_SB", isa)];
  if (pci) {
    terms.push(
      // The guest says with 1 that it uses the I/O APIC (§5.8.1).
      named("\\PICF", integer(0)),
      method("\\_PIC", 1, [store(argument(0), name("\\PICF"))]),
      scope("\\_SB", [
        device("PCI0", [
          named("_HID", eisaId("PNP0A03")),
          named("_UID", integer(0)),
          named("_BBN", integer(0)),
          named(
            "_CRS",
            resources([
              busRange(0, 255),
              ioPorts(0xcf8, 8),
              ioWindow(0, 0x0cf7),
              ioWindow(0x0d00, 0xffff),
              memoryWindow(0xa_0000, 0xb_ffff),
              memoryWindow(pci.memory.from, pci.memory.to),
            ]),
          ),
          named("APRT", routing(pci.gsis)),
          named("PPRT", routing(pci.irqs)),
          method("_PRT", 0, [when(name("\\PICF"), [giveBack(name("APRT"))]), giveBack(name("PPRT"))]),
        ]),
      ]),
    );
  }
  const body = terms.flat();
  const table = described("DSDT", 2, HEADER + body.length);
  table.bytes.set(body, HEADER);
  return table;
}

const SLOTS = 32;
const PINS = 4;

/** Every slot and pin: { device, any function; pin; no link device; interrupt }. */
function routing(lines: readonly [number, number, number, number]): Aml {
  const pins = Array.from({ length: PINS }, (_, pin) => integer(pin));
  const ends = lines.map(integer);
  const none = integer(0);
  const rows = Array.from({ length: SLOTS }, (_, slot) => integer(slot * 0x1_0000 + 0xffff)).flatMap((address, slot) =>
    pins.map((number, pin) => pack([address, number, none, ends[(slot + pin + PINS - 1) % PINS]!])),
  );
  return pack(rows);
}
