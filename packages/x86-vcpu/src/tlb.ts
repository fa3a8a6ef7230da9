/**
 * The soft TLB, in linear memory, read by both tiers and filled by the page walk.
 *
 * Eight tables of 4,096 entries of 16 bytes, direct-mapped:
 *
 *     +0  u64 tag     linear address of the 4 KiB page (all 64 bits, low 12 zero), or all ones: empty. In tables for
 *                     writing bit 0 guards a page that holds predecoded code: stores look at its code lines first
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
 * further check: non-canonical addresses, missing rights, ROM (for writes), MMIO, pages whose accessed or dirty bit is
 * still to be set, and pages with an active data breakpoint are never installed; a guarded entry never hits inline. With alignment
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
  /** Part of a 2 MiB or 4 MiB page. */
  Large: 1 << 1,
  /** Part of a 1 GiB page. */
  Huge: 1 << 2,
  /** For writing, to a page that holds predecoded code. */
  Guarded: 1 << 3,
  /** In the list of local, of global entries to visit when flushing; an entry may be in both. */
  ListedLocal: 1 << 4,
  ListedGlobal: 1 << 5,
} as const;

const TLB_ENTRY_BITS = 12;
export const TLB_ENTRIES: number = 1 << TLB_ENTRY_BITS;
export const TLB_ENTRY_BYTES = 16;
export const TLB_TABLE_BYTES = TLB_ENTRIES * TLB_ENTRY_BYTES;

/** Tables in order: read × 3 contexts, write × 3, fetch × 2. */
export const TLB_TABLES = 8;
const WRITE_TABLES = 3;
const FETCH_TABLES = 6;
export const TLB_BYTES = TLB_TABLES * TLB_TABLE_BYTES;

export const tlbIndex = (low: number, high: number): number => ((low >>> 12) + (low >>> 24) + (high << 8)) & 0xfff;

/** Regions of 2 MiB, folded, of which `Tlb` remembers whether they had parts of large pages. */
const REGIONS = 2048;
const regionOf = (low: number, high: number): number => ((low >>> 21) + (high << 11) + (high << 2)) & (REGIONS - 1);
const LISTED = TlbFlag.ListedLocal | TlbFlag.ListedGlobal;
const KINDS = TlbFlag.Global | TlbFlag.Large | TlbFlag.Huge;

export class Tlb {
  /** Byte offset of the first table. */
  readonly base: number;
  private readonly i32: Int32Array;
  /** Offsets (>>> 4, relative to base) of entries that may be valid: those installed as local, those as global. */
  private readonly local = new Int32Array(TLB_TABLES * TLB_ENTRIES);
  private readonly global = new Int32Array(TLB_TABLES * TLB_ENTRIES);
  private localCount = 0;
  private globalCount = 0;
  /** Installed since the last full flush: INVLPG must then look for siblings. 4 MiB pages count in both their regions. */
  private readonly largeRegions = new Uint8Array(REGIONS);
  private hasHuge = false;
  /** How often translations were taken away. */
  drops = 0;

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

  /** The same where the caller reports what it writes, so that guarded entries will do. */
  lookupGuarded(table: number, low: number, high: number): number {
    const { i32 } = this;
    const at = (table + tlbIndex(low, high) * TLB_ENTRY_BYTES) >> 2;
    return (i32[at]! & ~1) === (low & ~0xfff) && i32[at + 1] === high ? (low + i32[at + 2]!) >>> 0 : -1;
  }

  /** flags: Global, Large, Huge, Guarded of TlbFlag. host: offset of the first byte of the page. */
  install(table: number, low: number, high: number, host: number, flags: number): void {
    const { i32 } = this;
    const entry = table + tlbIndex(low, high) * TLB_ENTRY_BYTES;
    const at = entry >> 2;
    const listed = i32[at + 3]! & LISTED;
    const list = (flags & TlbFlag.Global) !== 0 ? TlbFlag.ListedGlobal : TlbFlag.ListedLocal;
    if ((listed & list) === 0) {
      const slot = (entry - this.base) >> 4;
      if (list === TlbFlag.ListedGlobal) this.global[this.globalCount++] = slot;
      else this.local[this.localCount++] = slot;
    }
    if ((flags & TlbFlag.Large) !== 0) {
      const region = regionOf(low, high);
      this.largeRegions[region] = 1;
      this.largeRegions[regionOf(low ^ (1 << 21), high)] = 1;
    } else if ((flags & TlbFlag.Huge) !== 0) this.hasHuge = true;
    i32[at] = (low & ~0xfff) | ((flags & TlbFlag.Guarded) !== 0 ? 1 : 0);
    i32[at + 1] = high;
    i32[at + 2] = (host - (low & ~0xfff)) | 0;
    i32[at + 3] = flags | listed | list;
  }

  /** Byte offset of a table by its number, as `visit` gives it. */
  tableAt(number: number): number {
    return this.base + number * TLB_TABLE_BYTES;
  }

  /** Visits what is installed, by table and slot: page's linear address and host offset, flags Global, Large and Huge. */
  visit(each: (table: number, low: number, high: number, host: number, flags: number) => void): void {
    const { i32 } = this;
    const first = this.base >> 2;
    for (let slot = 0; slot < TLB_TABLES * TLB_ENTRIES; slot++) {
      const at = first + slot * 4;
      if ((i32[at]! & 0xffe) !== 0) continue;
      const low = i32[at]! & ~0xfff;
      each(slot >>> TLB_ENTRY_BITS, low, i32[at + 1]!, (low + i32[at + 2]!) >>> 0, i32[at + 3]! & KINDS);
    }
  }

  /** Everything, global pages too. */
  flush(): void {
    this.drops++;
    const { i32 } = this;
    this.each((at) => {
      this.empty(at);
      i32[at + 3] = 0;
    });
    this.localCount = 0;
    this.globalCount = 0;
    this.largeRegions.fill(0);
    this.hasHuge = false;
  }

  /** All but global pages. Costs what was installed since the last time. */
  flushNonGlobal(): void {
    this.drops++;
    const { i32, local } = this;
    const first = this.base >> 2;
    for (let n = 0; n < this.localCount; n++) {
      const at = first + local[n]! * 4;
      const flags = i32[at + 3]!;
      if ((flags & TlbFlag.Global) === 0) this.empty(at);
      i32[at + 3] = flags & ~TlbFlag.ListedLocal;
    }
    this.localCount = 0;
  }

  /** The translation of one linear address, of any page size, global or not. */
  flushPage(low: number, high: number): void {
    this.drops++;
    const { i32 } = this;
    const page = low & ~0xfff;
    const slot = tlbIndex(low, high) * TLB_ENTRY_BYTES;
    for (let table = 0; table < TLB_TABLES; table++) {
      const at = (this.base + table * TLB_TABLE_BYTES + slot) >> 2;
      if ((i32[at]! & ~1) === page && i32[at + 1] === high) this.empty(at);
    }
    if (this.hasHuge) this.flushRegion(low, high, TlbFlag.Huge, 30);
    if (this.largeRegions[regionOf(low, high)] !== 0) this.flushRegion(low, high, TlbFlag.Large, 22);
  }

  /** Write entries that lead to this page of the buffer (host offset >>> 12) are guarded: it holds code now. */
  guardWritesTo(hostPage: number): void {
    const { i32 } = this;
    const first = this.writeTable(TlbContext.Supervisor) >> 2;
    const end = this.fetchTable(TlbContext.Supervisor) >> 2;
    this.each((at) => {
      // Empty ones stay as they are.
      if (at >= first && at < end && (i32[at]! + i32[at + 2]!) >>> 12 === hostPage) i32[at] = i32[at]! | 1;
    });
  }

  /** The page that this entry leads to holds code no more. True: there was a guarded entry. */
  unguard(table: number, low: number, high: number): boolean {
    const { i32 } = this;
    const at = (table + tlbIndex(low, high) * TLB_ENTRY_BYTES) >> 2;
    if (i32[at] !== ((low & ~0xfff) | 1) || i32[at + 1] !== high) return false;
    i32[at] = low & ~0xfff;
    return true;
  }

  /** Entries with this flag whose addresses differ only below bit `shift`. Dropping more than was asked for is always allowed. */
  private flushRegion(low: number, high: number, flag: number, shift: number): void {
    const { i32 } = this;
    const region = low >>> shift;
    this.each((at) => {
      if ((i32[at + 3]! & flag) !== 0 && i32[at]! >>> shift === region && i32[at + 1] === high) this.empty(at);
    });
  }

  private each(visit: (at: number) => void): void {
    const first = this.base >> 2;
    for (let n = 0; n < this.localCount; n++) visit(first + this.local[n]! * 4);
    for (let n = 0; n < this.globalCount; n++) visit(first + this.global[n]! * 4);
  }

  /** Leaves the flags word: the entry stays listed. */
  private empty(at: number): void {
    this.i32[at] = -1;
    this.i32[at + 1] = -1;
  }

  /** Half a MiB: the first entry, then twice as many each time, because a loop over entries was felt at the start of every machine. */
  private clear(): void {
    const { i32 } = this;
    const first = this.base >> 2;
    i32.set([-1, -1, 0, 0], first);
    for (let words = 4; words < TLB_BYTES >> 2; words *= 2) i32.copyWithin(first + words, first, first + words);
  }
}
