import { isElf } from "elf-image";
import { isBootSector, loadBootSector } from "./boot-sector.ts";
import { isBzImage, loadBzImage } from "./bzimage.ts";
import { loadElf, readElf } from "./elf.ts";
import { type BootModule, type GuestImage, ImageError, type ImageFormat } from "./guest-image.ts";
import type { MemoryRange } from "./memory-map.ts";
import { findMultibootHeader, loadMultiboot } from "./multiboot.ts";
import { loadPvh, pvhEntry } from "./pvh.ts";

export interface LoadOptions {
  /** Bytes of RAM from address 0 up to its first hole. */
  readonly memorySize: number;
  /** Default: a PC's, from `memorySize`. */
  readonly memoryMap?: readonly MemoryRange[];
  readonly commandLine?: string;
  /** What the image is called: multiboot's command lines begin with it. */
  readonly name?: string;
  readonly modules?: readonly BootModule[];
  /** Linux' initial file system; the first module of the protocols that have modules. */
  readonly initrd?: Uint8Array;
  readonly bootLoaderName?: string;
  /** Guest-physical address of ACPI's RSDP, if there is one. */
  readonly rsdp?: number;
  /** There is a VGA in text mode: a bzImage is told. */
  readonly vgaText?: boolean;
}

/** What an image is, by its own marks: multiboot header, PVH note, ELF magic, setup header, boot signature. Flat images have none. */
export function detectFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (isBzImage(bytes)) return "bzimage";
  if (findMultibootHeader(bytes) !== undefined) return "multiboot";
  if (isElf(bytes)) return hasPvhNote(bytes) ? "pvh" : "elf";
  if (isBootSector(bytes)) return "boot-sector";
  return undefined;
}

/** False for a broken ELF image too: its loader says what is broken. */
function hasPvhNote(bytes: Uint8Array): boolean {
  try {
    return pvhEntry(readElf(bytes)) !== undefined;
  } catch (error) {
    if (error instanceof ImageError) return false;
    throw error;
  }
}

/** Loads an image by its own marks. @throws ImageError naming what was expected. */
export function loadImage(bytes: Uint8Array, options: LoadOptions): GuestImage {
  const format = detectFormat(bytes);
  const { initrd, name, commandLine, ...common } = options;
  const modules = [...(initrd ? [{ bytes: initrd, commandLine: "initrd" }] : []), ...(options.modules ?? [])];
  const line = commandLine === undefined ? {} : { commandLine };
  switch (format) {
    case "bzimage":
      if (options.modules?.length) throw takesNo("modules", format);
      return loadBzImage(bytes, { ...common, ...line, ...(initrd ? { initrd } : {}) });
    case "pvh":
      return loadPvh(bytes, { ...common, ...line, modules });
    case "multiboot":
      return loadMultiboot(bytes, {
        ...common,
        commandLine: [name ?? "", commandLine ?? ""].filter((word) => word !== "").join(" "),
        modules,
      });
    case "elf":
      if (modules.length) throw takesNo("modules and no initrd", format);
      return loadElf(bytes);
    case "boot-sector":
      if (modules.length) throw takesNo("modules and no initrd", format);
      return loadBootSector(bytes);
    default:
      throw new ImageError(
        "unknown-format",
        "no setup header (HdrS at offset 0x202), boot signature (55 aa at offset 510), ELF magic (7f 45 4c 46) or multiboot header (0x1badb002 in the first 8192 bytes) found",
      );
  }
}

const takesNo = (what: string, format: ImageFormat): ImageError =>
  new ImageError("unsupported", `an image of the kind ${format} takes no ${what}`);
