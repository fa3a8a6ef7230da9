/**
 * Linux kernels in bzImage form, entered at their 32-bit or 64-bit entry point; the real-mode part is not run, its questions to
 * a BIOS are answered here.
 *
 * Sources: Linux `Documentation/arch/x86/boot.rst` (setup header, 32-bit and 64-bit boot protocol), `Documentation/arch/x86/zero-page.rst`,
 * `arch/x86/include/uapi/asm/bootparam.h`, `include/uapi/linux/screen_info.h` (offsets).
 */
import { freePlace, pageUp, topOf } from "./elf.ts";
import { linuxGdt, longModeEntry, protectedModeEntry, TABLE_BYTES, tableSegments } from "./entry.ts";
import { type GuestImage, ImageError, type ImageSegment } from "./guest-image.ts";
import { type MemoryRange, pcMemoryMap, placeHigh } from "./memory-map.ts";

/** Offsets of the setup header, in the file and in boot_params alike. */
const At = {
  setupSects: 0x1f1,
  syssize: 0x1f4,
  vidMode: 0x1fa,
  bootFlag: 0x1fe,
  headerEnd: 0x201,
  header: 0x202,
  version: 0x206,
  typeOfLoader: 0x210,
  loadflags: 0x211,
  code32Start: 0x214,
  ramdiskImage: 0x218,
  ramdiskSize: 0x21c,
  cmdLinePtr: 0x228,
  initrdAddrMax: 0x22c,
  relocatableKernel: 0x234,
  xloadflags: 0x236,
  cmdlineSize: 0x238,
  prefAddress: 0x258,
  initSize: 0x260,
} as const;
/** Offsets in boot_params alone. */
const ACPI_RSDP_ADDR = 0x70;
const E820_ENTRIES = 0x1e8;
const E820_TABLE = 0x2d0;
const E820_ENTRY_BYTES = 20;
const E820_MAX_ENTRIES = 128;

/** `struct screen_info`, which boot_params begins with: cursor at the origin; mode 3, 80 columns, 25 lines, a VGA, characters of 16 rows. */
const textScreen: readonly number[] = [0, 0, 0, 0, 0, 0, 3, 80, 0, 0, 0, 0, 0, 0, 25, 1, 16, 0];

const BOOT_FLAG = 0xaa55;
/** "HdrS" */
const HEADER_MAGIC = 0x5372_6448;
const LOADED_HIGH = 1;
const XLF_KERNEL_64 = 1;
const ENTRY_64 = 0x200;
const UNDEFINED_LOADER = 0xff;
const NORMAL_VIDEO_MODE = 0xffff;
const BOOT_PARAMS_BYTES = 0x1000;
const SECTOR = 512;
/** The first protocol with a command line of any length up to `cmdline_size`, and with a relocatable kernel. */
const OLDEST_VERSION = 0x206;

export interface BzImageOptions {
  /** Bytes of RAM from address 0 up to its first hole. */
  readonly memorySize: number;
  /** Default: a PC's, from `memorySize`; at most 128 ranges. */
  readonly memoryMap?: readonly MemoryRange[];
  readonly commandLine?: string;
  readonly initrd?: Uint8Array;
  /** Guest-physical address of ACPI's RSDP, if there is one. */
  readonly rsdp?: number;
  /** There is a VGA in 80 by 25 text mode, and the kernel may use it. Default false. */
  readonly vgaText?: boolean;
  /** Default: 64 where the kernel has that entry. */
  readonly entry?: 32 | 64;
}

/** Is there a boot flag and a setup header? */
export function isBzImage(bytes: Uint8Array): boolean {
  if (bytes.length < At.version + 2) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint16(At.bootFlag, true) === BOOT_FLAG && view.getUint32(At.header, true) === HEADER_MAGIC;
}

export function loadBzImage(bytes: Uint8Array, options: BzImageOptions): GuestImage {
  const header = readHeader(bytes);
  const { memorySize, memoryMap = pcMemoryMap(memorySize) } = options;
  const entryBits = options.entry ?? (header.has64 ? 64 : 32);
  if (entryBits === 64 && !header.has64)
    throw new ImageError("unsupported", "the kernel has no 64-bit entry (xloadflags bit 0 is clear)", At.xloadflags);
  if (memoryMap.length > E820_MAX_ENTRIES)
    throw new ImageError(
      "too-large",
      `a memory map of at most ${E820_MAX_ENTRIES} ranges expected, found ${memoryMap.length}`,
    );
  const commandLine = new TextEncoder().encode(`${options.commandLine ?? ""}\0`);
  if (commandLine.length - 1 > header.cmdlineSize)
    throw new ImageError(
      "too-large",
      `the kernel takes a command line of ${header.cmdlineSize} bytes, this one has ${commandLine.length - 1}`,
      At.cmdlineSize,
    );

  const { address } = header;
  if (address + header.initSize > memorySize)
    throw new ImageError(
      "no-memory",
      `the kernel needs memory up to 0x${(address + header.initSize).toString(16)} to unpack itself, there is 0x${memorySize.toString(16)}`,
      At.initSize,
    );
  const segments: ImageSegment[] = [
    { name: "kernel", address, bytes: header.kernel, memorySize: Math.max(header.initSize, header.kernel.length) },
  ];
  const { initrd } = options;
  let initrdAt = 0;
  if (initrd?.length) {
    initrdAt = placeHigh("the initrd", initrd.length, {
      segments,
      map: memoryMap,
      limit: Math.min(memorySize, header.initrdLimit),
    });
    segments.push({ name: "initrd", address: initrdAt, bytes: initrd, memorySize: initrd.length });
  }

  const size = pageUp(BOOT_PARAMS_BYTES + commandLine.length);
  const base = freePlace(segments, size);
  const params = new Uint8Array(size);
  const view = new DataView(params.buffer);
  params.set(header.bytes, At.setupSects);
  params.set(commandLine, BOOT_PARAMS_BYTES);
  view.setUint16(At.vidMode, NORMAL_VIDEO_MODE, true);
  view.setUint8(At.typeOfLoader, UNDEFINED_LOADER);
  view.setUint32(At.code32Start, address, true);
  view.setUint32(At.ramdiskImage, initrdAt, true);
  view.setUint32(At.ramdiskSize, initrd?.length ?? 0, true);
  view.setUint32(At.cmdLinePtr, base + BOOT_PARAMS_BYTES, true);
  view.setBigUint64(ACPI_RSDP_ADDR, BigInt(options.rsdp ?? 0), true);
  view.setUint8(E820_ENTRIES, memoryMap.length);
  memoryMap.forEach((range, index) => {
    const at = E820_TABLE + index * E820_ENTRY_BYTES;
    view.setBigUint64(at, BigInt(range.address), true);
    view.setBigUint64(at + 8, BigInt(range.size), true);
    view.setUint32(at + 16, range.type, true);
  });
  if (options.vgaText) params.set(textScreen);
  segments.push({ name: "boot_params", address: base, bytes: params, memorySize: size });

  const tables = freePlace(segments, TABLE_BYTES);
  segments.push(...tableSegments(tables, entryBits === 64, linuxGdt[entryBits]));
  const registers = { 6: BigInt(base) };
  return {
    format: "bzimage",
    segments,
    entry:
      entryBits === 64
        ? longModeEntry(BigInt(address + ENTRY_64), tables, registers, linuxGdt[entryBits])
        : protectedModeEntry(address, tables, registers, linuxGdt[entryBits]),
    requiredMemory: topOf(segments),
  };
}

interface SetupHeader {
  /** From 0x1f1 on, as boot_params takes it. */
  readonly bytes: Uint8Array;
  /** The protected-mode part. */
  readonly kernel: Uint8Array;
  readonly address: number;
  /** Memory from `address` on that the kernel uses before it reads the memory map. */
  readonly initSize: number;
  readonly cmdlineSize: number;
  /** First address above what an initrd may use. */
  readonly initrdLimit: number;
  readonly has64: boolean;
}

function readHeader(bytes: Uint8Array): SetupHeader {
  if (!isBzImage(bytes))
    throw new ImageError("unknown-format", "no setup header (HdrS at offset 0x202, 55 aa at 0x1fe) found", At.header);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint16(At.version, true);
  const shown = `${version >> 8}.${(version & 0xff).toString().padStart(2, "0")}`;
  if (version < OLDEST_VERSION)
    throw new ImageError("unsupported", `boot protocol 2.06 or newer expected, found ${shown}`, At.version);
  // The byte at 0x201 is the jump over the header: its end.
  const end = At.header + bytes[At.headerEnd]!;
  const needed = version >= 0x20a ? At.initSize + 4 : At.cmdlineSize + 4;
  if (end < needed || bytes.length < end)
    throw new ImageError(
      bytes.length < Math.max(end, needed) ? "truncated" : "malformed",
      `the setup header of protocol ${shown} needs bytes up to 0x${needed.toString(16)}, it ends at 0x${Math.min(end, bytes.length).toString(16)}`,
      At.headerEnd,
    );
  if ((bytes[At.loadflags]! & LOADED_HIGH) === 0)
    throw new ImageError(
      "unsupported",
      "a zImage, loaded below 1 MiB; a bzImage expected (loadflags bit 0)",
      At.loadflags,
    );
  const start = ((bytes[At.setupSects] || 4) + 1) * SECTOR;
  const size = view.getUint32(At.syssize, true) * 16;
  // syssize counts paragraphs: the last one may be cut.
  if (size === 0 || start + size > bytes.length + 15)
    throw new ImageError(
      size === 0 ? "malformed" : "truncated",
      `the kernel's protected-mode part needs bytes ${start}–${start + size - 1}, the file ends at ${bytes.length}`,
      At.syssize,
    );
  const relocatable = bytes[At.relocatableKernel] !== 0 && version >= 0x20a;
  const preferred = relocatable
    ? view.getBigUint64(At.prefAddress, true)
    : BigInt(view.getUint32(At.code32Start, true));
  const initSize = version >= 0x20a ? view.getUint32(At.initSize, true) : size;
  if (preferred < 0x10_0000n || preferred + BigInt(Math.max(initSize, size)) > 1n << 32n)
    throw new ImageError(
      "malformed",
      `a load address from 1 MiB to 4 GiB expected, found 0x${preferred.toString(16)}`,
      relocatable ? At.prefAddress : At.code32Start,
    );
  return {
    bytes: bytes.subarray(At.setupSects, end),
    kernel: bytes.subarray(start, start + size),
    address: Number(preferred),
    initSize: Math.max(initSize, size),
    cmdlineSize: view.getUint32(At.cmdlineSize, true),
    initrdLimit: view.getUint32(At.initrdAddrMax, true) + 1,
    has64: version >= 0x20c && (view.getUint16(At.xloadflags, true) & XLF_KERNEL_64) !== 0,
  };
}
