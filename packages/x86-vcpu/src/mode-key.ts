/**
 * The mode key: everything outside an instruction's bytes that decides what it means, packed into one int32, so that
 * caches of decoded code compare one number. Two keys differ exactly when `LiftMode` or one of the engine's own
 * assumptions (flat segments, alignment checks) differs; CPUID features are fixed for the life of a vCPU.
 */
import type { LiftMode } from "x86-lift";

/** Bit position of each field. One bit unless said otherwise. */
export const ModeKeyShift = {
  /** 2 bits: 0 → 16-, 1 → 32-, 2 → 64-bit code. */
  bitness: 0,
  /** SS.B; in 64-bit code the stack is 64-bit whatever it says, and the bit is 0. */
  stackBig: 2,
  /** CS ends below 64 KiB in 16-bit code, below 4 GiB in 32-bit code. */
  codeLimited: 3,
  longMode: 4,
  protectedMode: 5,
  virtual8086: 6,
  /** 2 bits. */
  cpl: 7,
  /** 2 bits. */
  iopl: 9,
  ts: 11,
  em: 12,
  mp: 13,
  ne: 14,
  osfxsr: 15,
  osxmmexcpt: 16,
  tsd: 17,
  pce: 18,
  umip: 19,
  fsgsbase: 20,
  osxsave: 21,
  pke: 22,
  de: 23,
  vme: 24,
  pvi: 25,
  sce: 26,
  /**
   * Flat segments, in encoding order: linear = offset and no check can fail but paging, because the code is 64-bit
   * or the segment is a present, readable and writable, expand-up data segment with base 0 and limit 4 GiB − 1
   * (CS: any code segment with that base and limit; readable too, so that CS-relative loads qualify; never writable).
   */
  flatES: 27,
  flatCS: 28,
  flatSS: 29,
  flatDS: 30,
  /** CR0.AM, RFLAGS.AC and CPL 3: every access must be checked for alignment, so none may be inlined. */
  alignmentCheck: 31,
} as const;
export type ModeKeyField = keyof typeof ModeKeyShift;

/** Is the one-bit field set? */
export const modeKeyHas = (key: number, field: ModeKeyField): boolean => ((key >>> ModeKeyShift[field]) & 1) !== 0;

/** May an access through this segment (0–5) be inlined as linear = offset (FS and GS: never; their base counts)? */
export const isFlatSegment = (key: number, segment: number): boolean =>
  segment < 4 && ((key >>> (ModeKeyShift.flatES + segment)) & 1) !== 0;

export const modeKeyBitness = (key: number): 16 | 32 | 64 => (16 << (key & 3)) as 16 | 32 | 64;
export const modeKeyCpl = (key: number): 0 | 1 | 2 | 3 => ((key >>> ModeKeyShift.cpl) & 3) as 0 | 1 | 2 | 3;

/** What the lifter sees of a key; `has` is the CPUID policy. */
export function modeKeyToLiftMode(key: number, has: (feature: string) => boolean): LiftMode {
  const bit = (field: ModeKeyField): boolean => modeKeyHas(key, field);
  const two = (field: ModeKeyField): number => (key >>> ModeKeyShift[field]) & 3;
  return {
    bitness: modeKeyBitness(key),
    codeLimited: bit("codeLimited"),
    stackBits: modeKeyBitness(key) === 64 ? 64 : bit("stackBig") ? 32 : 16,
    longMode: bit("longMode"),
    protectedMode: bit("protectedMode"),
    virtual8086: bit("virtual8086"),
    cpl: modeKeyCpl(key),
    iopl: two("iopl") as 0 | 1 | 2 | 3,
    cr0: { ts: bit("ts"), em: bit("em"), mp: bit("mp"), ne: bit("ne") },
    cr4: {
      osfxsr: bit("osfxsr"),
      osxmmexcpt: bit("osxmmexcpt"),
      tsd: bit("tsd"),
      pce: bit("pce"),
      umip: bit("umip"),
      fsgsbase: bit("fsgsbase"),
      osxsave: bit("osxsave"),
      pke: bit("pke"),
      de: bit("de"),
      vme: bit("vme"),
      pvi: bit("pvi"),
    },
    sce: bit("sce"),
    has,
  };
}
