/** Flat binaries: bytes at an address, entered at their start or at a given offset. */
import { longModeEntry, protectedModeEntry, realModeEntry, TABLE_BYTES, tableSegments } from "./entry.ts";
import { type EntryMode, type EntryState, type GuestImage, ImageError } from "./guest-image.ts";

export interface FlatOptions {
  /** Guest-physical load address; below 4 GiB, and below 64 KiB for real mode. */
  readonly address: number;
  readonly mode: EntryMode;
  /** Entry as an offset into the image; 0 by default. */
  readonly entryOffset?: number;
  /** Where GDT and page tables go (page-aligned, 28 KiB); 0x1000 by default. */
  readonly tables?: number;
  readonly registers?: EntryState["registers"];
}

export function loadFlat(bytes: Uint8Array, options: FlatOptions): GuestImage {
  const { address, mode, entryOffset = 0, tables = 0x1000, registers = {} } = options;
  if (bytes.length === 0) throw new ImageError("truncated", "the image is empty", 0);
  if (!Number.isInteger(address) || address < 0 || address + bytes.length > 2 ** 32)
    throw new ImageError("too-large", `a load address from 0 to 2^32 − ${bytes.length} expected, found ${address}`);
  if (!Number.isInteger(entryOffset) || entryOffset < 0 || entryOffset >= bytes.length)
    throw new ImageError(
      "malformed",
      `an entry offset inside the image's ${bytes.length} bytes expected, found ${entryOffset}`,
    );
  if (mode === "real" && address + entryOffset > 0xffff)
    throw new ImageError(
      "unsupported",
      `a real-mode entry below 0x10000 expected, found 0x${(address + entryOffset).toString(16)}`,
    );
  if (mode !== "real" && !(tables % 0x1000 === 0 && tables >= 0 && tables + TABLE_BYTES <= 2 ** 32))
    throw new ImageError("unsupported", `a page-aligned address below 4 GiB expected for the tables, found ${tables}`);
  if (mode !== "real" && address < tables + TABLE_BYTES && tables < address + bytes.length)
    throw new ImageError(
      "unsupported",
      `the image at 0x${address.toString(16)} overlaps the start-up tables at 0x${tables.toString(16)}`,
    );
  const at = address + entryOffset;
  const entry =
    mode === "real"
      ? realModeEntry(at, registers)
      : mode === "protected"
        ? protectedModeEntry(at, tables, registers)
        : longModeEntry(BigInt(at), tables, registers);
  return {
    format: "flat",
    segments: [
      { name: "flat image", address, bytes, memorySize: bytes.length },
      ...(mode === "real" ? [] : tableSegments(tables, mode === "long")),
    ],
    entry,
    requiredMemory: Math.max(address + bytes.length, mode === "real" ? 0 : tables + TABLE_BYTES),
  };
}
