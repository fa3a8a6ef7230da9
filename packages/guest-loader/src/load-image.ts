import { isElf } from "elf-image";
import { isBootSector, loadBootSector } from "./boot-sector.ts";
import { loadElf } from "./elf.ts";
import { type GuestImage, ImageError, type ImageFormat } from "./guest-image.ts";
import { findMultibootHeader, loadMultiboot, type MultibootOptions } from "./multiboot.ts";

/** What an image is, by its own marks: multiboot header, ELF magic, boot signature. Flat images have none. */
export function detectFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (findMultibootHeader(bytes) !== undefined) return "multiboot";
  if (isElf(bytes)) return "elf";
  if (isBootSector(bytes)) return "boot-sector";
  return undefined;
}

/** Loads an image by its own marks. @throws ImageError naming what was expected. */
export function loadImage(bytes: Uint8Array, options: MultibootOptions): GuestImage {
  switch (detectFormat(bytes)) {
    case "multiboot":
      return loadMultiboot(bytes, options);
    case "elf":
      return loadElf(bytes);
    case "boot-sector":
      return loadBootSector(bytes);
    default:
      throw new ImageError(
        "unknown-format",
        "no boot signature (55 aa at offset 510), ELF magic (7f 45 4c 46) or multiboot header (0x1badb002 in the first 8192 bytes) found",
      );
  }
}
