/**
 * ELF images with a PVH entry: 32-bit protected mode without paging, EBX holds the address of hvm_start_info.
 *
 * Sources: Xen `docs/misc/pvh.pandoc` (state at the entry), `xen/include/public/arch-x86/hvm/start_info.h` (layout, version 1),
 * `xen/include/public/elfnote.h` (XEN_ELFNOTE_PHYS32_ENTRY).
 */
import { type ElfImage, elfNotes } from "elf-image";
import { elfSegments, freePlace, pageUp, readElf, topOf, wrapElfErrors } from "./elf.ts";
import { protectedModeEntry, TABLE_BYTES, tableSegments } from "./entry.ts";
import { type BootModule, type GuestImage, ImageError } from "./guest-image.ts";
import { type MemoryRange, pcMemoryMap, placeHigh } from "./memory-map.ts";

const XEN_ELFNOTE_PHYS32_ENTRY = 18;
export const XEN_HVM_START_MAGIC_VALUE = 0x336e_c578;
const INFO_BYTES = 56;
const MODULE_BYTES = 32;
const MAP_ENTRY_BYTES = 24;

export interface PvhOptions {
  /** Bytes of RAM from address 0 up to its first hole. */
  readonly memorySize: number;
  /** Default: a PC's, from `memorySize`. */
  readonly memoryMap?: readonly MemoryRange[];
  readonly commandLine?: string;
  /** Linux takes the first as its initrd. */
  readonly modules?: readonly BootModule[];
  /** Guest-physical address of ACPI's RSDP, if there is one. */
  readonly rsdp?: number;
}

/** The physical entry point that a PVH note names, or undefined when there is no such note. @throws ImageError */
export function pvhEntry(image: ElfImage): number | undefined {
  const note = wrapElfErrors(() => elfNotes(image)).find(
    ({ name, type }) => name === "Xen" && type === XEN_ELFNOTE_PHYS32_ENTRY,
  );
  if (!note) return undefined;
  const { description } = note;
  if (description.length !== 4 && description.length !== 8)
    throw new ImageError("malformed", `the PVH note holds 4 or 8 bytes, found ${description.length}`);
  const view = new DataView(description.buffer, description.byteOffset, description.byteLength);
  const high = description.length === 8 ? view.getUint32(4, true) : 0;
  if (high !== 0) throw new ImageError("too-large", "the PVH entry point lies above 4 GiB");
  return view.getUint32(0, true);
}

export function loadPvh(bytes: Uint8Array, options: PvhOptions): GuestImage {
  const image = readElf(bytes);
  const entry = pvhEntry(image);
  if (entry === undefined)
    throw new ImageError("unsupported", "the ELF image has no PVH note (name Xen, type 18, XEN_ELFNOTE_PHYS32_ENTRY)");
  return startAt("pvh", image, entry, options);
}

/** An ELF image entered as hvm_start_info's readers are: 32 bits, no paging, EBX at the start information. @throws ImageError */
export function startAt(format: "pvh" | "hvm-loader", image: ElfImage, entry: number, options: PvhOptions): GuestImage {
  const segments = elfSegments(image);
  if (!segments.some((s) => entry >= s.address && entry < s.address + s.memorySize))
    throw new ImageError("malformed", `the entry point 0x${entry.toString(16)} lies in no segment`);
  const { memorySize, memoryMap = pcMemoryMap(memorySize), modules = [] } = options;
  const kernelTop = topOf(segments);
  if (kernelTop > memorySize)
    throw new ImageError("no-memory", `the kernel needs ${kernelTop} bytes, memory has ${memorySize}`);

  const placed = modules.map((module, index) => {
    const name = `module ${module.commandLine || index}`;
    const address = placeHigh(name, module.bytes.length, { segments, map: memoryMap, limit: memorySize });
    segments.push({ name, address, bytes: module.bytes, memorySize: module.bytes.length });
    return { address, size: module.bytes.length };
  });

  const info = startInfo(options, memoryMap, placed);
  const base = freePlace(segments, info.size);
  segments.push({ name: "hvm_start_info", address: base, bytes: info.at(base), memorySize: info.size });
  const tables = freePlace(segments, TABLE_BYTES);
  segments.push(...tableSegments(tables, false));
  return {
    format,
    segments,
    entry: protectedModeEntry(entry, tables, { 3: BigInt(base) }),
    requiredMemory: topOf(segments),
  };
}

interface Placed {
  readonly address: number;
  readonly size: number;
}

/** The start information and what it points to: its size, and its bytes for one address. */
function startInfo(
  options: PvhOptions,
  memoryMap: readonly MemoryRange[],
  placed: readonly Placed[],
): { readonly size: number; at(base: number): Uint8Array } {
  const encoder = new TextEncoder();
  const texts = [options.commandLine ?? "", ...(options.modules ?? []).map((module) => module.commandLine)].map(
    (text) => encoder.encode(`${text}\0`),
  );
  const modulesAt = INFO_BYTES + ((8 - (INFO_BYTES % 8)) % 8);
  const mapAt = modulesAt + placed.length * MODULE_BYTES;
  const textAt = mapAt + memoryMap.length * MAP_ENTRY_BYTES;
  const size = pageUp(textAt + texts.reduce((sum, text) => sum + text.length, 0));
  return {
    size,
    at(base) {
      const bytes = new Uint8Array(size);
      const view = new DataView(bytes.buffer);
      const u64 = (offset: number, value: number): void => view.setBigUint64(offset, BigInt(value), true);
      let at = textAt;
      const addresses = texts.map((text) => {
        const address = base + at;
        bytes.set(text, at);
        at += text.length;
        return address;
      });
      view.setUint32(0, XEN_HVM_START_MAGIC_VALUE, true);
      view.setUint32(4, 1, true);
      view.setUint32(12, placed.length, true);
      u64(16, placed.length ? base + modulesAt : 0);
      u64(24, addresses[0]!);
      u64(32, options.rsdp ?? 0);
      u64(40, base + mapAt);
      view.setUint32(48, memoryMap.length, true);
      placed.forEach((module, index) => {
        const entry = modulesAt + index * MODULE_BYTES;
        u64(entry, module.address);
        u64(entry + 8, module.size);
        u64(entry + 16, addresses[1 + index]!);
      });
      memoryMap.forEach((range, index) => {
        const entry = mapAt + index * MAP_ENTRY_BYTES;
        u64(entry, range.address);
        u64(entry + 8, range.size);
        view.setUint32(entry + 16, range.type, true);
      });
      return bytes;
    },
  };
}
