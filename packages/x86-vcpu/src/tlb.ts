/**
 * The soft TLB, in linear memory, read by both tiers and filled by the page walk.
 *
 * Eight tables of 4,096 entries of 16 bytes, direct-mapped:
 *
 *     +0  u64 tag     linear address of the 4 KiB page (all 64 bits, low 12 zero), or all ones: empty
 *     +8  i32 addend  host byte offset = (low 32 bits of the linear address + addend) | 0
 *     +12 u32 flags   TlbFlag bits; tier 1 need not look
 *
 *     index = ((linear >>> 12) + (linear >>> 24)) & 0xfff      (64-bit shifts; entry = table + index × 16)
 *
 * Folded, so that strides of 16 MiB do not share an entry; by addition, so that neighbouring pages never do (XOR would
 * give both one entry at every 32 GiB)
 *
 * An access of n bytes hits when `(linear + n − 1) & ~0xfff`, as 64 bits, equals the tag of the entry chosen by
 * `linear`: an access that crosses into another page misses, whatever that page is. What is installed needs no
 * further check: non-canonical addresses, missing rights, ROM and code pages (for writes), MMIO, pages whose accessed
 * or dirty bit is still to be set, and pages with an active data breakpoint are never installed. With alignment
 * checks on (see the mode key) no table may be used inline.
 *
 * Which table: the state block holds the byte offsets of the three current ones (StateOffset.tlbRead, tlbWrite,
 * tlbFetch); `Cpu.updateModeKey` points them at the tables of the current context.
 */

/** Who accesses. Explicit supervisor accesses to user pages under CR4.SMAP are legal only while RFLAGS.AC is set: a context of their own. */
export const TlbContext = { Supervisor: 0, User: 1, SupervisorWithAc: 2 } as const;
export type TlbContext = (typeof TlbContext)[keyof typeof TlbContext];

export const TlbFlag = {
  Global: 1 << 0,
  /** Part of a 2 MiB, 4 MiB or 1 GiB page. */
  Large: 1 << 1,
  /** In the list of entries to visit when flushing. */
  Listed: 1 << 2,
} as const;

export const TLB_ENTRIES = 4096;
export const TLB_ENTRY_BYTES = 16;
export const TLB_TABLE_BYTES = TLB_ENTRIES * TLB_ENTRY_BYTES;

/** Tables in order: read × 3 contexts, write × 3, fetch × 2. */
const TABLES = 8;
const WRITE_TABLES = 3;
const FETCH_TABLES = 6;
export const TLB_BYTES = TABLES * TLB_TABLE_BYTES;

export const tlbIndex = (low: number, high: number): number => ((low >>> 12) + (low >>> 24) + (high << 8)) & 0xfff;

export class Tlb {
  /** Byte offset of the first table. */
  readonly base: number;
  private readonly i32: Int32Array;
  /** Offsets (>>> 4, relative to base) of entries that may be valid. */
  private readonly listed: Int32Array = new Int32Array(TABLES * TLB_ENTRIES);
  private count = 0;
  /** Installed since the last full flush: INVLPG must then look for siblings. */
  private hasLarge = false;

  /** `base`: TLB_BYTES of linear memory, 16-byte aligned. */
  constructor(buffer: ArrayBufferLike, base: number) {
    this.base = base;
    this.i32 = new Int32Array(buffer);
    this.clear();
  }

  readTable(context: TlbContext): number {
    return this.base + context * TLB_TABLE_BYTES;
  }

  writeTable(context: TlbContext): number {
    return this.base + (WRITE_TABLES + context) * TLB_TABLE_BYTES;
  }

  /** AC has no say in fetches: both supervisor contexts share a table. */
  fetchTable(context: TlbContext): number {
    return this.base + (FETCH_TABLES + (context & 1)) * TLB_TABLE_BYTES;
  }

  /** Host offset of a linear address in a table, or −1. The access must not cross the page; that is the caller's to know. */
  lookup(table: number, low: number, high: number): number {
    const { i32 } = this;
    const at = (table + tlbIndex(low, high) * TLB_ENTRY_BYTES) >> 2;
    return i32[at] === (low & ~0xfff) && i32[at + 1] === high ? (low + i32[at + 2]!) >>> 0 : -1;
  }

  /** flags: TlbFlag.Global and Large. host: offset of the first byte of the page. */
  install(table: number, low: number, high: number, host: number, flags: number): void {
    const { i32 } = this;
    const entry = table + tlbIndex(low, high) * TLB_ENTRY_BYTES;
    const at = entry >> 2;
    if ((i32[at + 3]! & TlbFlag.Listed) === 0) this.listed[this.count++] = (entry - this.base) >> 4;
    if ((flags & TlbFlag.Large) !== 0) this.hasLarge = true;
    i32[at] = low & ~0xfff;
    i32[at + 1] = high;
    i32[at + 2] = (host - (low & ~0xfff)) | 0;
    i32[at + 3] = flags | TlbFlag.Listed;
  }

  /** Everything, global pages too. */
  flush(): void {
    this.retain(() => false);
    this.hasLarge = false;
  }

  /** All but global pages. */
  flushNonGlobal(): void {
    this.retain((at) => (this.i32[at + 3]! & TlbFlag.Global) !== 0);
  }

  /** The translation of one linear address, of any page size, global or not. */
  flushPage(low: number, high: number): void {
    const { i32 } = this;
    const page = low & ~0xfff;
    const slot = tlbIndex(low, high) * TLB_ENTRY_BYTES;
    for (let table = 0; table < TABLES; table++) {
      const at = (this.base + table * TLB_TABLE_BYTES + slot) >> 2;
      if (i32[at] === page && i32[at + 1] === high) this.drop(at);
    }
    if (!this.hasLarge) return;
    // The largest page there is: 1 GiB. Dropping more than was asked for is always allowed.
    const region = low >>> 30;
    this.retain((at) => (i32[at + 3]! & TlbFlag.Large) === 0 || i32[at]! >>> 30 !== region || i32[at + 1] !== high);
  }

  /** Write entries that lead to this page of the buffer (host offset >>> 12): it has become a code page. */
  dropWritesTo(hostPage: number): void {
    const { i32 } = this;
    const first = (this.writeTable(TlbContext.Supervisor) - this.base) >> 4;
    const end = (this.fetchTable(TlbContext.Supervisor) - this.base) >> 4;
    this.retain((at, entry) => entry < first || entry >= end || (i32[at]! + i32[at + 2]!) >>> 12 !== hostPage);
  }

  private retain(keep: (at: number, entry: number) => boolean): void {
    const { i32, listed } = this;
    let kept = 0;
    for (let n = 0; n < this.count; n++) {
      const entry = listed[n]!;
      const at = (this.base >> 2) + entry * 4;
      const valid = i32[at] !== -1 || i32[at + 1] !== -1;
      if (valid && keep(at, entry)) {
        listed[kept++] = entry;
      } else {
        this.drop(at);
        i32[at + 3] = 0;
      }
    }
    this.count = kept;
  }

  /** Leaves the flags word: the entry stays listed. */
  private drop(at: number): void {
    this.i32[at] = -1;
    this.i32[at + 1] = -1;
  }

  private clear(): void {
    const { i32 } = this;
    for (let at = this.base >> 2; at < (this.base + TLB_BYTES) >> 2; at += 4) {
      i32[at] = -1;
      i32[at + 1] = -1;
      i32[at + 2] = 0;
      i32[at + 3] = 0;
    }
    this.count = 0;
  }
}
