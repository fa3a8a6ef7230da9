/** ELF executables started without a boot protocol: ELF32 in protected mode, ELF64 in long mode, at their entry point. */
import { ElfError, type ElfImage, ElfMachine, ElfType, parseElf, SegmentType, segmentBytes } from "elf-image";
import { longModeEntry, protectedModeEntry, TABLE_BYTES, tableSegments } from "./entry.ts";
import { type EntryState, type GuestImage, ImageError, type ImageSegment } from "./guest-image.ts";

/** `parseElf` with this package's error type. */
export function readElf(bytes: Uint8Array): ElfImage {
  return wrapElfErrors(() => parseElf(bytes));
}

export function wrapElfErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ElfError)
      throw new ImageError(error.code === "not-elf" ? "unknown-format" : error.code, error.message, error.offset);
    throw error;
  }
}

/** Segments at their physical addresses, checked against 32-bit physical space and the processor's architecture. */
export function elfSegments(image: ElfImage): ImageSegment[] {
  const wanted = image.bits === 64 ? ElfMachine.X86_64 : ElfMachine.I386;
  if (image.machine !== wanted)
    throw new ImageError(
      "wrong-architecture",
      `x86 machine ${wanted} expected at offset 18, found ${image.machine}`,
      18,
    );
  if (image.type !== ElfType.Executable && image.type !== ElfType.SharedObject)
    throw new ImageError(
      "unsupported",
      `an executable (type 2 or 3) expected at offset 16, found type ${image.type}`,
      16,
    );
  const segments = image.segments
    .filter((segment) => segment.type === SegmentType.Load && segment.memorySize > 0n)
    .map((segment, index): ImageSegment => {
      const end = segment.physicalAddress + segment.memorySize;
      if (end > 1n << 32n)
        throw new ImageError("too-large", `segment ${index} ends at 0x${end.toString(16)}, above 4 GiB`);
      return {
        name: `segment ${index}`,
        address: Number(segment.physicalAddress),
        bytes: segmentBytes(image, segment),
        memorySize: Number(segment.memorySize),
      };
    });
  if (segments.length === 0) throw new ImageError("malformed", "the image has no loadable segment");
  const sorted = [...segments].sort((a, b) => a.address - b.address);
  sorted.forEach((segment, index) => {
    const next = sorted[index + 1];
    if (next && segment.address + segment.memorySize > next.address)
      throw new ImageError(
        "malformed",
        `${segment.name} at 0x${segment.address.toString(16)} and ${next.name} at 0x${next.address.toString(16)} overlap`,
      );
  });
  return segments;
}

/** Where execution starts, physically: nothing is mapped yet, so the entry is taken through the segment that holds it. */
export function physicalEntry(image: ElfImage): bigint {
  const home = image.segments.find(
    (s) =>
      s.type === SegmentType.Load && image.entry >= s.virtualAddress && image.entry < s.virtualAddress + s.memorySize,
  );
  if (!home) throw new ImageError("malformed", `the entry point 0x${image.entry.toString(16)} lies in no segment`, 24);
  return image.entry - home.virtualAddress + home.physicalAddress;
}

/** The next multiple of 4 KiB; addresses may exceed 31 bits. */
export const pageUp = (address: number): number => Math.ceil(address / 0x1000) * 0x1000;

export const topOf = (segments: readonly ImageSegment[]): number =>
  segments.reduce((top, segment) => Math.max(top, segment.address + segment.memorySize), 0);

/** First page-aligned place of `size` bytes below 640 KiB, else above everything, that no segment touches. */
export function freePlace(segments: readonly ImageSegment[], size: number): number {
  const taken = (at: number): boolean => segments.some((s) => at < s.address + s.memorySize && s.address < at + size);
  for (let at = 0x1000; at + size <= 0x9f000; at += 0x1000) if (!taken(at)) return at;
  const place = pageUp(topOf(segments));
  if (place + size > 2 ** 32)
    throw new ImageError("too-large", `no ${size} bytes are free below 4 GiB beside the image`);
  return place;
}

export interface ElfOptions {
  readonly registers?: EntryState["registers"];
}

export function loadElf(bytes: Uint8Array, options: ElfOptions = {}): GuestImage {
  const image = readElf(bytes);
  if (image.interpreter !== undefined)
    throw new ImageError(
      "unsupported",
      `the image wants the interpreter ${image.interpreter}: a program of an operating system, not a bare image`,
    );
  const segments = elfSegments(image);
  const tables = freePlace(segments, TABLE_BYTES);
  const { registers = {} } = options;
  const entry = physicalEntry(image);
  const all = [...segments, ...tableSegments(tables, image.bits === 64)];
  return {
    format: "elf",
    segments: all,
    entry:
      image.bits === 64
        ? longModeEntry(entry, tables, registers)
        : protectedModeEntry(Number(entry), tables, registers),
    requiredMemory: topOf(all),
  };
}
