/** What the processor needs of guest-physical memory; `guest-memory` fits. Guest-physical addresses are below 2^52. */
export interface CpuMemory {
  /** Holds engine state at the bottom and RAM above; never grows, so `buffer` and all views stay valid. */
  readonly wasm: { readonly buffer: ArrayBuffer };
  readonly buffer: ArrayBuffer;
  /** Bytes of the engine's arena, for state blocks, TLBs and code caches. Throws when the arena is full. */
  allocate(bytes: number, align: number): number;
  /** Byte offset in the buffer of a guest-physical address, or −1 where neither RAM nor ROM is. Pages of 4 KiB are contiguous. */
  hostOffset(gpa: number): number;
  /** The inverse, −1 where neither RAM nor ROM is. */
  gpaOf(hostOffset: number): number;
  /** RAM, as opposed to ROM and holes. */
  isWritable(gpa: number): boolean;
  /** One byte of `PageFlag` bits for each 4 KiB page of the buffer, at `pageFlagsOffset + (hostOffset >>> 12)`. */
  readonly pageFlagsOffset: number;
  /** Byte offset in the buffer of 256 bits for each of its pages: bit n stands for bytes 16n to 16n + 15, with decoded code or without. */
  readonly codeLinesOffset: number;
  /** Subscribes to writes of bytes [first, end) of a page flagged `Code`, by host page number (host offset >>> 12), where its code lines are set. */
  onCodeWrite(callback: (hostPage: number, first: number, end: number) => void): () => void;
  /** The processor's own stores are reported here. Subscribers that keep code of the lines touched mark them anew. */
  noteCodeWrite(hostPage: number, first: number, end: number): void;
  /**
   * Flags a page `Code`, sets code lines for its bytes [first, end), and tells the subscribers of onCodePage when translations
   * for writing may exist that do not know.
   */
  markCode(hostPage: number, first: number, end: number): void;
  onCodePage(callback: (hostPage: number) => void): () => void;
  /** Dirty bits were harvested: translations for writing must be forgotten. */
  onDirtyHarvest(callback: () => void): () => void;
}

/** Bits of a page's flag byte. */
export const PageFlag = {
  /** A tier has decoded code from the page: writes to its code lines must be seen. */
  Code: 1,
  /** Written since somebody last cleared the bit. */
  Dirty: 2,
  /** A processor may have a translation for writing that does not look at code lines. */
  Writable: 4,
} as const;
