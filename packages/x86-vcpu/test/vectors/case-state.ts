/** One case as oracle.c reads and writes it: 1,792 bytes, little-endian. Keep in step with its `struct record`. */
export const At = {
  /** 16 × u64, encoding order. */
  gpr: 0,
  rip: 128,
  rflags: 136,
  /** i32: exception vector, −1 for none. */
  trap: 144,
  /** u32: error code. */
  error: 148,
  /** u64: faulting address of a page fault. */
  cr2: 152,
  fcw: 160,
  fsw: 162,
  /** u8: abridged tag word, by physical register. */
  tags: 164,
  mxcsr: 168,
  /** ST0–ST7, 16 bytes each. */
  st: 176,
  xmm: 304,
  /** u32: 64, 32 or 16. */
  mode: 560,
  /** u32: bit 0, may be one of several steps (repeated strings); bit 1, DS and ES start at the data page. */
  repeats: 564,
  length: 568,
  /** u32, result: changed more memory than a record holds. */
  stray: 572,
  code: 576,
  /** 2 × (u32 offset in the data page, u32 length). */
  windows: 592,
  bytes: 608,
} as const;
export const WINDOW_BYTES = 592;
export const RECORD_BYTES = 1792;

/** Linear addresses; 16-bit segments start at the pages. */
export const CODE_PAGE = 0x20_0000;
export const CODE_AT = 0x800;
export const DATA_PAGE = 0x30_0000;
export const PAGE = 4096;

export const RFLAGS_STATUS = 0x8d5;
