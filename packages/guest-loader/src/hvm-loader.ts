/**
 * What runs first in a domain that is HVM and not PVH: Xen's hvmloader, or the image that xl's `firmware_override` puts in its place. It finds
 * no tables of firmware: making them is its own work.
 *
 * Sources: Xen `docs/man/xl.cfg.5.pod.in` (firmware_override), `tools/libs/guest/xg_dom_hvmloader.c` (what is accepted, entry),
 * `tools/libs/guest/xg_dom_x86.c` (state of the processor: flat segments, CR0 = PE and ET, EBX = start information).
 */
import { readElf } from "./elf.ts";
import { type GuestImage, ImageError } from "./guest-image.ts";
import { type PvhOptions, pvhEntry, startAt } from "./pvh.ts";

export type HvmLoaderOptions = Omit<PvhOptions, "rsdp">;

/** An ELF32 image at its entry point, or an image with a PVH note at that one. @throws ImageError */
export function loadHvmLoader(bytes: Uint8Array, options: HvmLoaderOptions): GuestImage {
  const image = readElf(bytes);
  const noted = pvhEntry(image);
  if (noted === undefined && image.bits !== 32)
    throw new ImageError("unsupported", "a 32-bit ELF image expected (class 1 at offset 4), found 64 bits", 4);
  return startAt("hvm-loader", image, noted ?? Number(image.entry), options);
}
