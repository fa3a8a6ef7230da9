/** Boot sectors: 512 bytes ending in 55 aa, started by a BIOS at 0000:7c00. */
import { realModeEntry } from "./entry.ts";
import { type GuestImage, ImageError } from "./guest-image.ts";

export const BOOT_SECTOR_ADDRESS = 0x7c00;
const SECTOR = 512;
/** Conventional memory that may be filled from 0x7c00: up to the extended BIOS data area at 0x9fc00. */
const MAXIMUM = 0x9fc00 - BOOT_SECTOR_ADDRESS;

/** Does the image end its first sector with the boot signature? */
export function isBootSector(bytes: Uint8Array): boolean {
  return bytes.length >= SECTOR && bytes[510] === 0x55 && bytes[511] === 0xaa;
}

export interface BootSectorOptions {
  /** BIOS drive number handed over in DL; 0x80, the first hard disk, by default. */
  readonly drive?: number;
  /** Load the whole image behind the sector too, as if it had read itself (no disk services needed). Default: true. */
  readonly wholeImage?: boolean;
}

export function loadBootSector(bytes: Uint8Array, options: BootSectorOptions = {}): GuestImage {
  if (!isBootSector(bytes)) {
    if (bytes.length < SECTOR)
      throw new ImageError(
        "truncated",
        `a boot sector has ${SECTOR} bytes, the file ends at ${bytes.length}`,
        bytes.length,
      );
    throw new ImageError("malformed", "boot signature 55 aa expected at offset 510", 510);
  }
  const loaded =
    (options.wholeImage ?? true) ? bytes.subarray(0, Math.min(bytes.length, MAXIMUM)) : bytes.subarray(0, SECTOR);
  return {
    format: "boot-sector",
    segments: [{ name: "boot sector", address: BOOT_SECTOR_ADDRESS, bytes: loaded, memorySize: loaded.length }],
    entry: realModeEntry(BOOT_SECTOR_ADDRESS, { 2: BigInt(options.drive ?? 0x80), 4: BigInt(BOOT_SECTOR_ADDRESS) }),
    requiredMemory: 0xa_0000,
  };
}
