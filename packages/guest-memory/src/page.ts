/** Bytes of one page, guest and host alike. */
export const PAGE_BYTES = 0x1000;
export const PAGE_SHIFT = 12;
/** Most bytes of the one linear memory: 65,535 WebAssembly pages, so that no length or end needs more than 32 bits. */
export const MAX_LINEAR_BYTES = 0xffff_0000;

/** Bits of the byte that every 4 KiB host page has at `pageFlagsOffset + (hostOffset >>> 12)`. */
export const PageFlag = {
  /** Somebody keeps code derived from this page: stores to it must be reported. Set and cleared by whoever keeps it. */
  Code: 1,
  /** Written since the last harvest. */
  Dirty: 2,
} as const;

export const pageUp = (bytes: number): number => Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
export const hexAddress = (value: number): string => `0x${value.toString(16)}`;
