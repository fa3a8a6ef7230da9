/**
 * ACPI tables for a BIOS that finds the room for them itself: fw_cfg files with the tables, and a script for it to follow.
 *
 * Sources: QEMU `docs/specs/fw_cfg.rst` and the layout of its linker/loader entries as SeaBIOS reads them (`src/fw/romfile_loader.h`: allocate,
 * add pointer, add checksum; 128 bytes each).
 */
import { type AcpiTables, RSDP_ROOM } from "./acpi-tables.ts";

const ENTRY = 128;
const NAME = 56;
const ALLOCATE = 1;
const ADD_POINTER = 2;
const ADD_CHECKSUM = 3;
const ZONE_HIGH = 1;
/** Where guests look for an RSDP. */
const ZONE_FSEG = 2;
const TABLES = "etc/acpi/tables";
const RSDP = "etc/acpi/rsdp";
const RSDP_BYTES = 36;

/** Tables must begin at address 0 when they were built: `buildAcpiTables(board, -RSDP_ROOM)`. */
export function tableLoaderFiles({ bytes, pointers, checksums }: AcpiTables): Record<string, Uint8Array> {
  const place = (at: number): [file: string, offset: number] =>
    at < RSDP_ROOM ? [RSDP, at] : [TABLES, at - RSDP_ROOM];
  const entries = [
    entry(ALLOCATE, [TABLES, u32(RSDP_ROOM), Uint8Array.of(ZONE_HIGH)]),
    entry(ALLOCATE, [RSDP, u32(16), Uint8Array.of(ZONE_FSEG)]),
    ...pointers.map(({ at, size }) => {
      const [file, offset] = place(at);
      return entry(ADD_POINTER, [file, TABLES, u32(offset), Uint8Array.of(size)]);
    }),
    // Behind all pointers, which are in the sums.
    ...checksums.map(({ at, from, length }) => {
      const [file, offset] = place(at);
      return entry(ADD_CHECKSUM, [file, u32(offset), u32(place(from)[1]), u32(length)]);
    }),
  ];
  const script = new Uint8Array(entries.length * ENTRY);
  entries.forEach((one, index) => void script.set(one, index * ENTRY));
  return {
    "etc/table-loader": script,
    [RSDP]: bytes.slice(0, RSDP_BYTES),
    [TABLES]: bytes.slice(RSDP_ROOM),
  };
}

/** A command and its fields: names of files take 56 bytes. */
function entry(command: number, fields: readonly (string | Uint8Array)[]): Uint8Array {
  const bytes = new Uint8Array(ENTRY);
  bytes[0] = command;
  let at = 4;
  for (const field of fields) {
    bytes.set(typeof field === "string" ? new TextEncoder().encode(field) : field, at);
    at += typeof field === "string" ? NAME : field.length;
  }
  return bytes;
}

const u32 = (value: number): Uint8Array =>
  Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
