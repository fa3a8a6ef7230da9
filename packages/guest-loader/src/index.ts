/** Guest images to entry state: flat, boot sector, multiboot 1, ELF, PVH, bzImage; initramfs archives. */
export { BOOT_SECTOR_ADDRESS, type BootSectorOptions, isBootSector, loadBootSector } from "./boot-sector.ts";
export { type BzImageOptions, isBzImage, loadBzImage } from "./bzimage.ts";
export { type CpioEntry, writeCpio } from "./cpio.ts";
export { type ElfOptions, loadElf } from "./elf.ts";
export { type FlatOptions, loadFlat } from "./flat.ts";
export {
  type BootModule,
  type EntryMode,
  type EntrySegment,
  type EntryState,
  type GuestImage,
  ImageError,
  type ImageErrorCode,
  type ImageFormat,
  type ImageSegment,
} from "./guest-image.ts";
export { type HvmLoaderOptions, loadHvmLoader } from "./hvm-loader.ts";
export { detectFormat, type LoadOptions, loadImage } from "./load-image.ts";
export { type MemoryRange, MemoryType, pcMemoryMap } from "./memory-map.ts";
export {
  findMultibootHeader,
  loadMultiboot,
  MULTIBOOT_BOOTLOADER_MAGIC,
  type MultibootOptions,
} from "./multiboot.ts";
export { loadPvh, type PvhOptions, pvhEntry, XEN_HVM_START_MAGIC_VALUE } from "./pvh.ts";
