/**
 * The micro-op record: 16 bytes in linear memory, little-endian.
 *
 *     +0  u16 op     number in `recordOps`
 *     +2  u16 d      destination slot (for stores: the value's slot)
 *     +4  u16 a      slot
 *     +6  u16 b      slot
 *     +8  i32 imm    immediate, displacement, or the record pointer of a branch target
 *     +12 i32 t      second immediate, `memoryWord`, or the other record pointer
 *
 * A slot is a byte offset into the vCPU's state block: a register, a field or a temporary. A block is a header record
 * (`d` = instructions in the block) and the records after it; a pointer to a block is the address of its header.
 */
export const RECORD_BYTES = 16;
export const Field = { op: 0, d: 2, a: 4, b: 6, imm: 8, t: 12 } as const;

/**
 * The `t` field of memory records: what the slow path must know. Bits 0–5 are the index's shift (WebAssembly shifts
 * use only those), 8–10 the segment, 12–15 MemoryFlag, 20–24 the bytes.
 */
export const memoryWord = (shift: number, segment: number, flags: number, bytes: number): number =>
  shift | (segment << 8) | (flags << 12) | (bytes << 20);
/** The address is linear though the segment has a base: FS and GS in 64-bit code, and what a `based` record computed. */
export const MEMORY_LINEAR = 1 << 30;
export const memoryWordSegment = (word: number): number => (word >>> 8) & 7;
export const memoryWordFlags = (word: number): number => (word >>> 12) & 15;
export const memoryWordBytes = (word: number): number => (word >>> 20) & 31;

/** Why the interpreter returned. */
export const Reason = {
  /** A branch whose target has no block yet; `Control.edge` is the address of the pointer to patch. */
  Link: 0,
  /** The budget does not cover the block whose header is at `Control.pc` (or attention was asked for). */
  Budget: 1,
  /** TypeScript, called from a record, said so; RIP and counts are exact. */
  Stop: 2,
  /** Jump to `Control.target`, which the jump cache does not know. */
  Jump: 3,
  /** The block at `Control.pc` was decoded from bytes that have changed since. */
  Stale: 4,
  /** The block at `Control.pc` is an instruction across two pages, and the second is not mapped where it was. */
  Cross: 5,
} as const;

/** Why the interpreter calls `resume`. */
export const Resume = {
  /** The record at pc is one that TypeScript carries out. */
  Leave: 0,
  /** What the record at pc called did not answer Continue. */
  Stopped: 1,
  /** The fault in the control area could not be delivered quickly; nothing of it has happened. */
  NotQuick: 2,
  /** An event or IRET has happened; mode key and code context are to be brought up to date. */
  Half: 3,
} as const;
/** Answer of `resume`: deliver the fault in the control area, then go on with the budget there. */
export const RESUME_WITH_FAULT = -2;

/** Tier 1's own words, byte offsets from the start of its control area. */
export const Control = {
  /** u32 record or header pointer at return. */
  pc: 0x00,
  /** i32: instructions prepaid for but not yet used up, at return. */
  budget: 0x04,
  /** i32: budget put aside because attention was asked for in the middle of a block. */
  parked: 0x08,
  /** u32: see Reason.Link. */
  edge: 0x0c,
  /** u64: see Reason.Jump. */
  target: 0x10,
  /** i32: number of the current code context (mode key, CS base and limit). */
  context: 0x18,
  /** u32: byte offset of the memory's code lines. */
  codeLines: 0x1c,
  /** 32 bytes: data of slow loads and stores. */
  scratch: 0x20,
  /** A header and an `unlinked` record: where branches lead until they are linked. */
  unlinked: 0x40,
  /** i64: `retired` once the budget that the interpreter was called with is used up, and what is left of the run's then. */
  end: 0x60,
  beyond: 0x78,
  /** A fault to be delivered: u32 vector, i32 error code (−1: none), u32 RFLAGS to be pushed. */
  faultVector: 0x68,
  faultError: 0x6c,
  faultFlags: 0x70,
  jumpCache: 0x80,
  /** `KNOWN_CONTEXTS` entries of 16 bytes, by the mode key's CPL and IOPL: u32 mode key, base and limit of CS (64-bit code: 0 and −1), i32 context. */
  contexts: 0x1_0080,
} as const;

/** Jump cache: direct-mapped, 16 bytes an entry: u64 RIP, i32 context, u32 block. */
export const JUMP_CACHE_ENTRIES = 4096;
export const KNOWN_CONTEXTS = 16;
export const CONTROL_BYTES = Control.contexts + KNOWN_CONTEXTS * 16;
