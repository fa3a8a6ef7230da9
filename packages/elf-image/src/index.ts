/** ELF32 and ELF64 images as typed data: headers, segments, sections, symbols, notes. */
export { ElfError, type ElfErrorCode } from "./elf-error.ts";
export {
  type ElfImage,
  ElfMachine,
  type ElfNote,
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
  ElfType,
  elfNotes,
  elfSymbols,
  isElf,
  parseElf,
  SectionFlag,
  SectionType,
  SegmentFlag,
  SegmentType,
  sectionBytes,
  segmentBytes,
} from "./elf-image.ts";
