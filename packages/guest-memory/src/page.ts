/** Bytes of one page, guest and host alike. */
export const PAGE_BYTES = 0x1000;
export const PAGE_SHIFT = 12;
/** Most bytes of the one linear memory: 65,535 WebAssembly pages, so that no length or end needs more than 32 bits. */
export const MAX_LINEAR_BYTES = 0xffff_0000;

/** Bits of the byte that every 4 KiB host page has at `pageFlagsOffset + (hostOffset >>> 12)`. */
export const PageFlag = {
  /** Somebody keeps code derived from this page: some of its code lines are set, and stores to those must be reported. */
  Code: 1,
  /** Written since the last harvest. */
  Dirty: 2,
  /** A processor may have a mapping for writing that does not look at code lines: `markCode` tells and clears. */
  Writable: 4,
} as const;

/** Bytes of a page that share a code line, and the bytes that a page's code lines take: one bit each. */
export const CODE_LINE_SHIFT = 4;
export const CODE_LINE_BYTES = (PAGE_BYTES >>> CODE_LINE_SHIFT) >>> 3;

export const pageUp = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
export const hexAddress = (value: number): string => `0x${value.toString(16)}`;
