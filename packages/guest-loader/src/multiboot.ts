/** Multiboot 1 images. Source: Multiboot Specification 0.6.96 §3.1 (header), §3.2 (machine state), §3.3 (information). */
import { isElf } from "elf-image";
import { elfSegments, freePlace, pageUp, physicalEntry, readElf, topOf } from "./elf.ts";
import { protectedModeEntry, TABLE_BYTES, tableSegments } from "./entry.ts";
import { type BootModule, type GuestImage, ImageError, type ImageSegment } from "./guest-image.ts";
import { type MemoryRange, pcMemoryMap } from "./memory-map.ts";

const HEADER_MAGIC = 0x1bad_b002;
/** What EAX holds at the entry. */
export const MULTIBOOT_BOOTLOADER_MAGIC = 0x2bad_b002;
/** The header lies, 4-byte aligned, wholly inside the first 8,192 bytes. */
const SEARCH_BYTES = 8192;
const FLAG_ADDRESSES = 1 << 16;
/** Required features (bits 0–15) that this loader gives: page alignment of modules, memory information. */
const KNOWN_REQUIRED = 0b011;

export interface MultibootOptions {
  /** Bytes of RAM from address 0 up to its first hole, for the memory fields and map. */
  readonly memorySize: number;
  readonly commandLine?: string;
  readonly modules?: readonly BootModule[];
  /** Default: a PC's, from `memorySize`. */
  readonly memoryMap?: readonly MemoryRange[];
  readonly bootLoaderName?: string;
}

/** Offset of a valid multiboot 1 header, or undefined. */
export function findMultibootHeader(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 12 <= Math.min(bytes.length, SEARCH_BYTES); at += 4)
    if (
      view.getUint32(at, true) === HEADER_MAGIC &&
      (HEADER_MAGIC + view.getUint32(at + 4, true) + view.getUint32(at + 8, true)) % 2 ** 32 === 0
    )
      return at;
  return undefined;
}

export function loadMultiboot(bytes: Uint8Array, options: MultibootOptions): GuestImage {
  const header = findMultibootHeader(bytes);
  if (header === undefined)
    throw new ImageError("unknown-format", `no multiboot header (magic 0x1badb002) in the first ${SEARCH_BYTES} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint32(header + 4, true);
  const unknown = flags & 0xffff & ~KNOWN_REQUIRED;
  if (unknown)
    throw new ImageError("unsupported", `the multiboot header requires features 0x${unknown.toString(16)}`, header + 4);

  let segments: ImageSegment[];
  let entry: number;
  if (flags & FLAG_ADDRESSES) {
    if (header + 32 > bytes.length)
      throw new ImageError("truncated", "the multiboot address fields lie beyond the file's end", header + 12);
    const [headerAddress, loadAddress, loadEnd, bssEnd, entryAddress] = [12, 16, 20, 24, 28].map((at) =>
      view.getUint32(header + at, true),
    ) as [number, number, number, number, number];
    const start = header - (headerAddress - loadAddress);
    if (start < 0 || headerAddress < loadAddress)
      throw new ImageError(
        "malformed",
        `the multiboot header at 0x${headerAddress.toString(16)} lies before its load address 0x${loadAddress.toString(16)}`,
        header + 12,
      );
    const fileBytes = loadEnd === 0 ? bytes.length - start : loadEnd - loadAddress;
    if (fileBytes <= 0)
      throw new ImageError(
        "malformed",
        `load_end_addr 0x${loadEnd.toString(16)} lies not above load_addr 0x${loadAddress.toString(16)}`,
        header + 20,
      );
    if (start + fileBytes > bytes.length)
      throw new ImageError(
        "truncated",
        `load_end_addr needs ${start + fileBytes} bytes, the file ends at ${bytes.length}`,
        header + 20,
      );
    const memorySize = Math.max(fileBytes, bssEnd === 0 ? 0 : bssEnd - loadAddress);
    if (loadAddress + memorySize > 2 ** 32)
      throw new ImageError("too-large", `the image at 0x${loadAddress.toString(16)} ends above 4 GiB`, header + 16);
    segments = [
      { name: "multiboot image", address: loadAddress, bytes: bytes.subarray(start, start + fileBytes), memorySize },
    ];
    if (entryAddress < loadAddress || entryAddress >= loadAddress + memorySize)
      throw new ImageError(
        "malformed",
        `the entry point 0x${entryAddress.toString(16)} lies outside the image`,
        header + 28,
      );
    entry = entryAddress;
  } else {
    if (!isElf(bytes))
      throw new ImageError("unsupported", "a multiboot image is ELF or has address fields (flag bit 16)", header + 4);
    const image = readElf(bytes);
    if (image.bits !== 32)
      throw new ImageError("wrong-architecture", "multiboot 1 enters 32-bit code: ELF32 expected", 4);
    segments = elfSegments(image);
    entry = Number(physicalEntry(image));
  }

  let at = pageUp(topOf(segments));
  const placed = (options.modules ?? []).map((module) => {
    const address = at;
    at = pageUp(at + module.bytes.length);
    if (at > 2 ** 32) throw new ImageError("too-large", `module ${module.commandLine} does not fit below 4 GiB`);
    segments.push({
      name: `module ${module.commandLine}`,
      address,
      bytes: module.bytes,
      memorySize: module.bytes.length,
    });
    return { address, end: address + module.bytes.length, commandLine: module.commandLine };
  });

  const infoBytes = informationBytes(options, placed);
  const info = freePlace(segments, infoBytes.length);
  relocateInformation(infoBytes, info, options, placed);
  segments.push({ name: "multiboot information", address: info, bytes: infoBytes, memorySize: infoBytes.length });
  const tables = freePlace(segments, TABLE_BYTES);
  segments.push(...tableSegments(tables, false));
  const requiredMemory = topOf(segments);
  if (requiredMemory > options.memorySize)
    throw new ImageError(
      "no-memory",
      `the image and its modules need ${requiredMemory} bytes, memory has ${options.memorySize}`,
    );
  return {
    format: "multiboot",
    segments,
    entry: protectedModeEntry(entry, tables, { 0: BigInt(MULTIBOOT_BOOTLOADER_MAGIC), 3: BigInt(info) }),
    requiredMemory,
  };
}

interface PlacedModule {
  readonly address: number;
  readonly end: number;
  readonly commandLine: string;
}

const INFO_BYTES = 0x80;
const MODULE_BYTES = 16;
const MAP_ENTRY_BYTES = 24;
const encoder = new TextEncoder();
const zeroTerminated = (text: string): Uint8Array => encoder.encode(`${text}\0`);

const layout = (options: MultibootOptions, modules: readonly PlacedModule[]) => {
  const texts = [
    options.commandLine ?? "",
    options.bootLoaderName ?? "simulated-hvm",
    ...modules.map((m) => m.commandLine),
  ].map(zeroTerminated);
  const modulesAt = INFO_BYTES;
  const mapAt = modulesAt + modules.length * MODULE_BYTES;
  const map = options.memoryMap ?? pcMemoryMap(options.memorySize);
  const textAt = mapAt + map.length * MAP_ENTRY_BYTES;
  return { texts, map, modulesAt, mapAt, textAt, size: textAt + texts.reduce((sum, text) => sum + text.length, 0) };
};

const informationBytes = (options: MultibootOptions, modules: readonly PlacedModule[]): Uint8Array =>
  new Uint8Array(pageUp(layout(options, modules).size));

function relocateInformation(
  bytes: Uint8Array,
  base: number,
  options: MultibootOptions,
  modules: readonly PlacedModule[],
): void {
  const view = new DataView(bytes.buffer);
  const { texts, map, modulesAt, mapAt, textAt } = layout(options, modules);
  const addresses: number[] = [];
  let at = textAt;
  for (const text of texts) {
    bytes.set(text, at);
    addresses.push(base + at);
    at += text.length;
  }
  const upper = Math.max(0, options.memorySize - 0x10_0000);
  // §3.3: flags: 0 memory, 2 command line, 3 modules, 6 memory map, 9 boot loader name.
  view.setUint32(0, 0b10_0100_1101, true);
  view.setUint32(4, 640, true);
  view.setUint32(8, Math.floor(upper / 1024), true);
  view.setUint32(16, addresses[0]!, true);
  view.setUint32(20, modules.length, true);
  view.setUint32(24, modules.length ? base + modulesAt : 0, true);
  view.setUint32(44, map.length * MAP_ENTRY_BYTES, true);
  view.setUint32(48, base + mapAt, true);
  view.setUint32(64, addresses[1]!, true);
  modules.forEach((module, index) => {
    const entry = modulesAt + index * MODULE_BYTES;
    view.setUint32(entry, module.address, true);
    view.setUint32(entry + 4, module.end, true);
    view.setUint32(entry + 8, addresses[2 + index]!, true);
  });
  map.forEach(({ address, size, type }, index) => {
    const entry = mapAt + index * MAP_ENTRY_BYTES;
    view.setUint32(entry, MAP_ENTRY_BYTES - 4, true);
    view.setBigUint64(entry + 4, BigInt(address), true);
    view.setBigUint64(entry + 12, BigInt(size), true);
    view.setUint32(entry + 20, type, true);
  });
}
