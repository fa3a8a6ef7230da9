/**
 * ELF images as typed data.
 *
 * Sources: System V ABI, gABI 4.1 chapters 4 and 5 (object files, program loading); AMD64 psABI 1.0 §4 (machine
 * numbers). A file names its own counts and offsets, so each is checked against the file's length before use. Overlapping
 * tables could make a small file cost much more than its size: names, symbols and notes are counted against it.
 */
import { ElfError } from "./elf-error.ts";

/** e_type. */
export const ElfType = { None: 0, Relocatable: 1, Executable: 2, SharedObject: 3, Core: 4 } as const;
/** e_machine values that matter here. */
export const ElfMachine = { I386: 3, X86_64: 62 } as const;
/** p_type. */
export const SegmentType = {
  Null: 0,
  Load: 1,
  Dynamic: 2,
  Interp: 3,
  Note: 4,
  Phdr: 6,
  Tls: 7,
  GnuStack: 0x6474_e551,
} as const;
/** p_flags bits. */
export const SegmentFlag = { Execute: 1, Write: 2, Read: 4 } as const;
/** sh_type. */
export const SectionType = { Null: 0, Progbits: 1, Symtab: 2, Strtab: 3, Note: 7, Nobits: 8, Dynsym: 11 } as const;
/** sh_flags bits. */
export const SectionFlag = { Write: 1, Alloc: 2, Execute: 4 } as const;

export interface ElfSegment {
  readonly type: number;
  /** `SegmentFlag` bits. */
  readonly flags: number;
  /** Place in the file and bytes there. */
  readonly offset: number;
  readonly fileSize: number;
  readonly virtualAddress: bigint;
  readonly physicalAddress: bigint;
  /** Bytes in memory; those beyond `fileSize` are zero. */
  readonly memorySize: bigint;
  readonly alignment: bigint;
}

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  /** `SectionFlag` bits. */
  readonly flags: number;
  readonly address: bigint;
  readonly offset: number;
  readonly size: number;
  /** sh_link: another section's index. */
  readonly link: number;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  /** STT_NOTYPE 0, OBJECT 1, FUNC 2, SECTION 3, FILE 4 … */
  readonly type: number;
  /** Section index; 0 is undefined. */
  readonly section: number;
}

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface ElfImage {
  /** 32 or 64. */
  readonly bits: 32 | 64;
  readonly type: number;
  readonly machine: number;
  readonly entry: bigint;
  /** File offset, entry size and count of the program headers (AT_PHDR needs them). */
  readonly programHeaders: { readonly offset: number; readonly entrySize: number; readonly count: number };
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  /** Path of the program interpreter (PT_INTERP), if it names one. */
  readonly interpreter: string | undefined;
  readonly bytes: Uint8Array;
}

const MAX_NAME = 4096;
/** Names, symbols and notes may be read this many times the file's length in all. Real files stay below 1. */
const MAX_REREAD = 4;
const utf8 = new TextDecoder();

/** Counts bytes that a table claims, so that tables which overlap a thousandfold do not cost a thousandfold. */
class ReadBudget {
  private left: number;

  constructor(fileBytes: number) {
    this.left = fileBytes * MAX_REREAD;
  }

  take(bytes: number, offset: number, what: string): void {
    this.left -= bytes;
    if (this.left < 0)
      throw new ElfError(
        "malformed",
        offset,
        `${what} overlap: together they exceed ${MAX_REREAD} times the file's length`,
      );
  }
}

/** Is there an ELF magic number at the start? */
export function isElf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * Reads headers, segments and sections. Little-endian ELF32 and ELF64, of any machine.
 * @throws ElfError when the bytes are not that, or end before something that they announce.
 */
export function parseElf(bytes: Uint8Array): ElfImage {
  if (!isElf(bytes))
    throw new ElfError("not-elf", 0, `no ELF magic number (7f 45 4c 46) at offset 0, found ${hexAt(bytes, 0, 4)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const need = (offset: number, length: number, what: string): void => {
    if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
      throw new ElfError(
        "truncated",
        offset,
        `${what} needs bytes ${offset}–${offset + length - 1}, the file ends at ${bytes.length}`,
      );
  };
  need(0, 16, "the identification");
  const classByte = bytes[4];
  if (classByte !== 1 && classByte !== 2)
    throw new ElfError("malformed", 4, `ELF class 1 or 2 expected at offset 4, found ${classByte}`);
  if (bytes[5] !== 1) throw new ElfError("unsupported", 5, `little-endian (1) expected at offset 5, found ${bytes[5]}`);
  const bits = classByte === 2 ? 64 : 32;
  const wide = bits === 64;
  need(0, wide ? 64 : 52, "the ELF header");

  /** A word of the class's size as a bigint; `file` turns it into an offset that must be a safe integer. */
  const word = (at: number): bigint => (wide ? view.getBigUint64(at, true) : BigInt(view.getUint32(at, true)));
  const file = (at: number, what: string): number => {
    const value = word(at);
    if (value > BigInt(bytes.length))
      throw new ElfError("truncated", at, `${what} lies at ${value}, the file ends at ${bytes.length}`);
    return Number(value);
  };

  const entry = word(24);
  const phoff = file(wide ? 32 : 28, "the program header table");
  const shoff = file(wide ? 40 : 32, "the section header table");
  const tail = wide ? 54 : 42;
  const phentsize = view.getUint16(tail, true);
  const phnum = view.getUint16(tail + 2, true);
  const shentsize = view.getUint16(tail + 4, true);
  const shnum = view.getUint16(tail + 6, true);
  const shstrndx = view.getUint16(tail + 8, true);

  if (phnum > 0 && phentsize < (wide ? 56 : 32))
    throw new ElfError(
      "malformed",
      tail,
      `program header entries of at least ${wide ? 56 : 32} bytes expected, found ${phentsize}`,
    );
  need(phoff, phnum * phentsize, "the program header table");
  const segments: ElfSegment[] = [];
  for (let i = 0; i < phnum; i++) {
    const at = phoff + i * phentsize;
    const type = view.getUint32(at, true);
    const segment: ElfSegment = wide
      ? {
          type,
          flags: view.getUint32(at + 4, true),
          offset: type === SegmentType.Null ? 0 : file(at + 8, `segment ${i}`),
          virtualAddress: word(at + 16),
          physicalAddress: word(at + 24),
          fileSize: type === SegmentType.Null ? 0 : file(at + 32, `segment ${i}'s end`),
          memorySize: word(at + 40),
          alignment: word(at + 48),
        }
      : {
          type,
          offset: type === SegmentType.Null ? 0 : file(at + 4, `segment ${i}`),
          virtualAddress: word(at + 8),
          physicalAddress: word(at + 12),
          fileSize: type === SegmentType.Null ? 0 : file(at + 16, `segment ${i}'s end`),
          memorySize: word(at + 20),
          flags: view.getUint32(at + 24, true),
          alignment: word(at + 28),
        };
    need(segment.offset, segment.fileSize, `segment ${i}`);
    if (type === SegmentType.Load && segment.memorySize < BigInt(segment.fileSize))
      throw new ElfError(
        "malformed",
        at,
        `segment ${i} has ${segment.fileSize} bytes in the file but ${segment.memorySize} in memory`,
      );
    segments.push(segment);
  }

  // Sections serve tools only: programs run without them, so a table that is absent or cut off counts as empty.
  const sections: ElfSection[] = [];
  const shMinimum = wide ? 64 : 40;
  if (shnum > 0 && shentsize >= shMinimum && shoff + shnum * shentsize <= bytes.length) {
    const raw = Array.from({ length: shnum }, (_, i) => {
      const at = shoff + i * shentsize;
      return {
        nameAt: view.getUint32(at, true),
        type: view.getUint32(at + 4, true),
        flags: Number(word(at + 8) & 0xffff_ffffn),
        address: word(at + (wide ? 16 : 12)),
        offset: Number(word(at + (wide ? 24 : 16))),
        size: Number(word(at + (wide ? 32 : 20))),
        link: view.getUint32(at + (wide ? 40 : 24), true),
      };
    });
    const names = raw[shstrndx];
    const budget = new ReadBudget(bytes.length);
    for (const { nameAt, ...rest } of raw) {
      const header = shoff + sections.length * shentsize;
      if (
        rest.type !== SectionType.Null &&
        rest.type !== SectionType.Nobits &&
        !(rest.offset + rest.size <= bytes.length)
      )
        throw new ElfError(
          "truncated",
          header,
          `section ${sections.length} ends at ${rest.offset + rest.size}, the file at ${bytes.length}`,
        );
      const name = names ? cString(bytes, names.offset + nameAt) : "";
      budget.take(name.length, header, "section names");
      sections.push({ name, ...rest });
    }
  }

  const interp = segments.find((segment) => segment.type === SegmentType.Interp);
  const interpreter = interp && cString(bytes, interp.offset, interp.fileSize);
  if (interpreter === "")
    throw new ElfError(
      "malformed",
      interp!.offset,
      `an interpreter's path expected at offset ${interp!.offset}, found none`,
    );
  return {
    bits,
    type: view.getUint16(16, true),
    machine: view.getUint16(18, true),
    entry,
    programHeaders: { offset: phoff, entrySize: phentsize, count: phnum },
    segments,
    sections,
    interpreter,
    bytes,
  };
}

/** The bytes of a segment that stand in the file. */
export function segmentBytes(image: ElfImage, segment: ElfSegment): Uint8Array {
  return image.bytes.subarray(segment.offset, segment.offset + segment.fileSize);
}

/** The bytes of a section; empty for SHT_NOBITS and SHT_NULL. */
export function sectionBytes(image: ElfImage, section: ElfSection): Uint8Array {
  return section.type === SectionType.Nobits || section.type === SectionType.Null
    ? new Uint8Array(0)
    : image.bytes.subarray(section.offset, section.offset + section.size);
}

/** Named symbols of `.symtab` and `.dynsym`, each once, in file order. @throws ElfError when tables overlap absurdly. */
export function elfSymbols(image: ElfImage): ElfSymbol[] {
  const view = new DataView(image.bytes.buffer, image.bytes.byteOffset, image.bytes.byteLength);
  const wide = image.bits === 64;
  const size = wide ? 24 : 16;
  const symbols: ElfSymbol[] = [];
  const seen = new Set<string>();
  const tables = new ReadBudget(image.bytes.length);
  const names = new ReadBudget(image.bytes.length);
  for (const section of image.sections) {
    if (section.type !== SectionType.Symtab && section.type !== SectionType.Dynsym) continue;
    const strings = image.sections[section.link];
    if (!strings) continue;
    tables.take(section.size, section.offset, "symbol tables");
    for (let at = section.offset; at + size <= section.offset + section.size; at += size) {
      const name = cString(image.bytes, strings.offset + view.getUint32(at, true));
      if (name === "") continue;
      names.take(name.length, at, "symbol names");
      const symbol: ElfSymbol = wide
        ? {
            name,
            type: view.getUint8(at + 4) & 15,
            section: view.getUint16(at + 6, true),
            value: view.getBigUint64(at + 8, true),
            size: view.getBigUint64(at + 16, true),
          }
        : {
            name,
            value: BigInt(view.getUint32(at + 4, true)),
            size: BigInt(view.getUint32(at + 8, true)),
            type: view.getUint8(at + 12) & 15,
            section: view.getUint16(at + 14, true),
          };
      const key = `${symbol.value} ${name}`;
      if (seen.has(key)) continue;
      seen.add(key);
      symbols.push(symbol);
    }
  }
  return symbols;
}

/**
 * All notes of PT_NOTE segments; one that runs over its segment's end stops the reading of that segment.
 * @throws ElfError when segments overlap absurdly.
 */
export function elfNotes(image: ElfImage): ElfNote[] {
  const notes: ElfNote[] = [];
  const budget = new ReadBudget(image.bytes.length);
  for (const segment of image.segments) {
    if (segment.type !== SegmentType.Note) continue;
    const bytes = segmentBytes(image, segment);
    budget.take(bytes.length, segment.offset, "note segments");
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const align = segment.alignment === 8n ? 8 : 4;
    // Sizes have 32 bits: sums of them must not be folded into 32.
    const up = (value: number): number => Math.ceil(value / align) * align;
    for (let at = 0; at + 12 <= bytes.length; ) {
      const nameSize = view.getUint32(at, true);
      const descSize = view.getUint32(at + 4, true);
      const type = view.getUint32(at + 8, true);
      const descAt = up(at + 12 + nameSize);
      const end = descAt + descSize;
      if (end > bytes.length) break;
      notes.push({ name: cString(bytes, at + 12, nameSize), type, description: bytes.subarray(descAt, end) });
      at = up(end);
    }
  }
  return notes;
}

/** Text up to a zero byte, `room` bytes or the file's end. */
function cString(bytes: Uint8Array, at: number, room = MAX_NAME): string {
  if (!(at >= 0 && at < bytes.length)) return "";
  const limit = Math.min(bytes.length, at + Math.min(room, MAX_NAME));
  let end = at;
  while (end < limit && bytes[end] !== 0) end++;
  return utf8.decode(bytes.subarray(at, end));
}

function hexAt(bytes: Uint8Array, at: number, count: number): string {
  const part = [...bytes.subarray(at, at + count)].map((byte) => byte.toString(16).padStart(2, "0"));
  return part.length ? part.join(" ") : "an empty file";
}
