/**
 * The process's address space: areas as mmap made them, frames given out when first touched, 4-level page tables that
 * the simulated processor walks.
 *
 * Limits, each with the attack that it stops: frames come from one fixed pool (a program that touches everything gets
 * SIGBUS, not the host's memory); at most 65,536 areas, as Linux has by default (a program that maps a million single
 * pages gets ENOMEM, and no list grows without bound); addresses end where the ABI says, 2^47 − 4096 at most.
 *
 * Sources: SDM vol. 3 §5.5 (4-level paging); Linux mm/mmap.c for placement from the top down.
 */
import type { GuestMemory } from "guest-memory";

export const PAGE = 4096;
/** Below it nothing is placed without being asked for (vm.mmap_min_addr). */
export const MMAP_MIN_ADDRESS = 0x1_0000;
const MAX_AREAS = 65_536;

/** mmap protection bits. */
export const Prot = { Read: 1, Write: 2, Exec: 4 } as const;

/** x86 pages that can be written or executed can be read. */
const ANY = Prot.Read | Prot.Write | Prot.Exec;

const sameKind = (a: Area, b: Area): boolean =>
  a.prot === b.prot &&
  a.name === b.name &&
  a.shared === b.shared &&
  a.source === b.source &&
  (!a.source || a.offset + (a.end - a.start) === b.offset);

const PTE_PRESENT = 1n;
const PTE_WRITE = 2n;
const PTE_USER = 4n;
const PTE_NX = 1n << 63n;

/** Something that fills pages on demand: the bytes of a file from an offset. */
export interface PageSource {
  readonly name: string;
  /** Bytes at offset, fewer at the end. */
  read(offset: number, length: number): Uint8Array;
}

export interface Area {
  start: number;
  end: number;
  prot: number;
  /** Shared mappings are not copied on write; here they only matter for listings. */
  readonly shared: boolean;
  readonly source: PageSource | undefined;
  /** Offset of `start` in the source. */
  offset: number;
  readonly name: string;
}

export type FaultResult = "ok" | "unmapped" | "denied" | "no-memory";

export interface AddressSpaceOptions {
  readonly memory: GuestMemory;
  /** Guest-physical pool of frames: page-aligned, `[start, end)`. */
  readonly pool: { readonly start: number; readonly end: number };
  /** First address beyond user space. */
  readonly top: number;
  /** Told after every change that a TLB may have cached. */
  readonly flushTlb: () => void;
}

export class AddressSpace {
  /** Guest-physical address of the top page table: CR3. */
  readonly root: number;
  /** First address beyond user space. */
  readonly top: number;
  private readonly memory: GuestMemory;
  private readonly flushTlb: () => void;
  private readonly poolEnd: number;
  private nextFrame: number;
  private readonly freeFrames: number[] = [];
  /** Sorted by start, disjoint. */
  private areas: Area[] = [];
  /** User page number → guest-physical frame address. */
  private readonly pages = new Map<number, number>();
  /** Page tables by level and the virtual address prefix that they cover. */
  private readonly tables = new Map<string, number>();

  constructor(options: AddressSpaceOptions) {
    this.memory = options.memory;
    this.top = options.top;
    this.flushTlb = options.flushTlb;
    this.nextFrame = options.pool.start;
    this.poolEnd = options.pool.end;
    const root = this.allocateFrame();
    if (root === undefined) throw new RangeError("the frame pool is empty");
    this.root = root;
  }

  /** Frames still to be given out, in bytes. */
  get freeBytes(): number {
    return this.poolEnd - this.nextFrame + this.freeFrames.length * PAGE;
  }

  /** Bytes in frames that the process has touched. */
  get residentBytes(): number {
    return this.pages.size * PAGE;
  }

  list(): readonly Readonly<Area>[] {
    return this.areas;
  }

  /** A zeroed frame, or undefined when the pool is spent. */
  allocateFrame(): number | undefined {
    const reused = this.freeFrames.pop();
    if (reused !== undefined) {
      this.memory.fill(reused, PAGE, 0);
      return reused;
    }
    if (this.nextFrame + PAGE > this.poolEnd) return undefined;
    const frame = this.nextFrame;
    this.nextFrame += PAGE;
    return frame;
  }

  /** Maps one supervisor page for the kernel part of the address space. */
  mapKernelPage(address: bigint, frame: number): boolean {
    return this.setEntry(address, BigInt(frame) | PTE_PRESENT | PTE_WRITE);
  }

  /** Is `[start, start + length)` a range of user space? Guests pass any 64-bit number for either. */
  contains(start: number, length: number): boolean {
    return start >= 0 && length >= 0 && length <= this.top && start + length <= this.top;
  }

  areaAt(address: number): Area | undefined {
    const index = this.lowerBound(address);
    const area = this.areas[index];
    return area && area.start <= address ? area : undefined;
  }

  /** Index of the first area that ends after `address`. */
  private lowerBound(address: number): number {
    let low = 0;
    let high = this.areas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.areas[middle]!.end <= address) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  isFree(start: number, length: number): boolean {
    const area = this.areas[this.lowerBound(start)];
    return !area || area.start >= start + length;
  }

  /** Highest free place of `length` bytes below `top`, or undefined. */
  findFree(length: number, top: number): number | undefined {
    let end = top;
    for (let i = this.areas.length - 1; i >= 0; i--) {
      const area = this.areas[i]!;
      if (area.start >= end) continue;
      if (area.end <= end - length) return end - length;
      end = area.start;
      if (end - length < MMAP_MIN_ADDRESS) return undefined;
    }
    return end - length >= MMAP_MIN_ADDRESS ? end - length : undefined;
  }

  /** Makes an area; the range is unmapped first. False: too many areas. */
  map(area: Omit<Area, "end"> & { length: number }): boolean {
    const { length, ...rest } = area;
    if (!this.unmap(area.start, length) || this.areas.length >= MAX_AREAS) return false;
    const made: Area = { ...rest, end: area.start + length };
    this.areas.splice(this.lowerBound(area.start), 0, made);
    this.merge(made.start, made.end);
    return true;
  }

  /** False: cutting an area in two would make one too many; nothing has changed then. */
  unmap(start: number, length: number): boolean {
    const end = start + length;
    if (!this.splitAround(start, end)) return false;
    const from = this.lowerBound(start);
    let to = from;
    while (to < this.areas.length && this.areas[to]!.start < end) to++;
    if (to === from) return true;
    const gone = this.areas.splice(from, to - from);
    for (const area of gone) this.dropPages(area.start, area.end);
    this.flushTlb();
    return true;
  }

  /** Forgets the contents of pages (MADV_DONTNEED): the next touch fills them anew. */
  discard(start: number, length: number): void {
    this.dropPages(start, start + length);
    this.flushTlb();
  }

  /**
   * False: the range has a hole, and nothing before the hole is undone, as on Linux; or there are too many areas, and
   * nothing has changed.
   */
  protect(start: number, length: number, prot: number): boolean {
    const end = start + length;
    if (!this.splitAround(start, end)) return false;
    let at = start;
    for (let i = this.lowerBound(start); at < end; i++) {
      const area = this.areas[i];
      if (!area || area.start > at) break;
      area.prot = prot;
      this.eachPage(
        area.start,
        area.end,
        (page, frame) => void this.setEntry(BigInt(page) * 4096n, this.entryFor(frame, prot)),
      );
      at = area.end;
    }
    this.merge(start, end);
    this.flushTlb();
    return at >= end;
  }

  /** Moves an area's pages: mremap. The target must be free. False: nothing has changed. */
  move(from: number, oldLength: number, to: number, newLength: number): boolean {
    const area = this.areaAt(from);
    if (!area || area.end < from + oldLength || this.areas.length + 2 > MAX_AREAS) return false;
    const kept = Math.min(oldLength, newLength);
    const made = { ...area, start: to, length: newLength, offset: area.offset + (from - area.start) };
    const { prot } = area;
    const moved: [number, number][] = [];
    this.eachPage(from, from + kept, (page, frame) => moved.push([page, frame]));
    for (const [page] of moved) {
      this.pages.delete(page);
      this.setEntry(BigInt(page) * 4096n, 0n);
    }
    this.unmap(from, oldLength);
    this.map(made);
    for (const [page, frame] of moved) {
      const target = page + (to - from) / PAGE;
      this.pages.set(target, frame);
      this.setEntry(BigInt(target) * 4096n, this.entryFor(frame, prot));
    }
    this.flushTlb();
    return true;
  }

  /** Gives the page at `address` a frame if its area allows the access. */
  fault(address: number, write: boolean, exec: boolean): FaultResult {
    const area = this.areaAt(address);
    if (!area) return "unmapped";
    const wanted = write ? Prot.Write : exec ? Prot.Exec : Prot.Read;
    if (!(area.prot & wanted) && !(wanted === Prot.Read && area.prot & (Prot.Write | Prot.Exec))) return "denied";
    return this.touch(area, Math.floor(address / PAGE)) === undefined ? "no-memory" : "ok";
  }

  private touch(area: Area, page: number): number | undefined {
    const known = this.pages.get(page);
    // Its entry is written again: when a page moved, there may have been no frame for a table.
    if (known !== undefined)
      return this.setEntry(BigInt(page) * 4096n, this.entryFor(known, area.prot)) ? known : undefined;
    const frame = this.allocateFrame();
    if (frame === undefined) return undefined;
    if (area.source) {
      const bytes = area.source.read(area.offset + (page * PAGE - area.start), PAGE);
      if (bytes.length) this.memory.write(frame, bytes);
    }
    if (!this.setEntry(BigInt(page) * 4096n, this.entryFor(frame, area.prot))) {
      this.freeFrames.push(frame);
      return undefined;
    }
    this.pages.set(page, frame);
    return frame;
  }

  // ---- the host's own accesses on the program's behalf; undefined or false means EFAULT

  read(address: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.contains(address, length)) return length === 0 ? new Uint8Array(0) : undefined;
    const out = new Uint8Array(length);
    const done = this.eachChunk(address, length, ANY, (frame, at, count) => {
      const host = this.memory.hostOffset(frame);
      out.set(this.memory.bytes.subarray(host, host + count), at);
    });
    return done ? out : undefined;
  }

  write(address: number, bytes: Uint8Array): boolean {
    return this.eachChunk(address, bytes.length, Prot.Write, (frame, at, count) => {
      this.memory.write(frame, bytes.subarray(at, at + count));
    });
  }

  /** Zero-terminated bytes as text; undefined for EFAULT or when no zero comes within `maximum` bytes. */
  readString(address: number, maximum = 4096): string | undefined {
    const parts: number[] = [];
    while (parts.length < maximum) {
      const chunk = this.read(
        address + parts.length,
        Math.min(PAGE - ((address + parts.length) % PAGE), maximum - parts.length),
      );
      if (!chunk) return undefined;
      const end = chunk.indexOf(0);
      parts.push(...(end < 0 ? chunk : chunk.subarray(0, end)));
      if (end >= 0) return new TextDecoder().decode(new Uint8Array(parts));
    }
    return undefined;
  }

  readU32(address: number): number | undefined {
    const bytes = this.read(address, 4);
    return bytes && new DataView(bytes.buffer).getUint32(0, true);
  }

  readU64(address: number): bigint | undefined {
    const bytes = this.read(address, 8);
    return bytes && new DataView(bytes.buffer).getBigUint64(0, true);
  }

  private eachChunk(
    address: number,
    length: number,
    prot: number,
    visit: (frame: number, at: number, count: number) => void,
  ): boolean {
    if (!this.contains(address, length)) return length === 0;
    for (let at = 0; at < length; ) {
      const linear = address + at;
      const area = this.areaAt(linear);
      if (!area || !(area.prot & prot)) return false;
      const frame = this.touch(area, Math.floor(linear / PAGE));
      if (frame === undefined) return false;
      const inPage = linear % PAGE;
      const count = Math.min(PAGE - inPage, length - at);
      visit(frame + inPage, at, count);
      at += count;
    }
    return true;
  }

  // ---- areas and page tables

  /** Makes both ends of a range ends of areas. False: no room for the areas that this makes; nothing has changed. */
  private splitAround(start: number, end: number): boolean {
    const cuts = (at: number): number => {
      const area = this.areas[this.lowerBound(at)];
      return area && area.start < at ? 1 : 0;
    };
    if (this.areas.length + cuts(start) + cuts(end) > MAX_AREAS) return false;
    this.split(start);
    this.split(end);
    return true;
  }

  /** Joins neighbours of one kind in a range and at its ends, so that a growing heap stays one area. */
  private merge(start: number, end: number): void {
    const first = Math.max(this.lowerBound(start) - 1, 0);
    const joined: Area[] = [];
    let index = first;
    for (; index < this.areas.length; index++) {
      const area = this.areas[index]!;
      if (area.start > end) break;
      const last = joined.at(-1);
      if (last && last.end === area.start && sameKind(last, area)) last.end = area.end;
      else joined.push(area);
    }
    if (joined.length < index - first) this.areas = this.areas.slice(0, first).concat(joined, this.areas.slice(index));
  }

  /** Cuts the area that spans `at` in two. */
  private split(at: number): void {
    const index = this.lowerBound(at);
    const area = this.areas[index];
    if (!area || area.start >= at) return;
    const offset = area.source ? area.offset + (at - area.start) : 0;
    this.areas.splice(index + 1, 0, { ...area, start: at, offset });
    area.end = at;
  }

  /** Visits the pages with frames in a range, by whichever is shorter: the range or the table of frames. */
  private eachPage(start: number, end: number, visit: (page: number, frame: number) => void): void {
    const first = Math.floor(start / PAGE);
    const last = Math.ceil(end / PAGE);
    if (last - first <= this.pages.size) {
      for (let page = first; page < last; page++) {
        const frame = this.pages.get(page);
        if (frame !== undefined) visit(page, frame);
      }
    } else for (const [page, frame] of this.pages) if (page >= first && page < last) visit(page, frame);
  }

  private dropPages(start: number, end: number): void {
    const dropped: [number, number][] = [];
    this.eachPage(start, end, (page, frame) => dropped.push([page, frame]));
    for (const [page, frame] of dropped) {
      this.pages.delete(page);
      this.setEntry(BigInt(page) * 4096n, 0n);
      this.freeFrames.push(frame);
    }
  }

  private entryFor(frame: number, prot: number): bigint {
    if (prot === 0) return 0n;
    return (
      BigInt(frame) | PTE_PRESENT | PTE_USER | (prot & Prot.Write ? PTE_WRITE : 0n) | (prot & Prot.Exec ? 0n : PTE_NX)
    );
  }

  /** Writes the last-level entry for a linear address; false when no frame is left for a table. */
  private setEntry(linear: bigint, entry: bigint): boolean {
    let table = this.root;
    for (let level = 3; level > 0; level--) {
      const shift = BigInt(12 + 9 * level);
      const key = `${level}:${linear >> shift}`;
      let next = this.tables.get(key);
      if (next === undefined) {
        if (entry === 0n) return true;
        next = this.allocateFrame();
        if (next === undefined) return false;
        this.tables.set(key, next);
        this.memory.writeU64(
          table + Number((linear >> shift) & 511n) * 8,
          BigInt(next) | PTE_PRESENT | PTE_WRITE | PTE_USER,
        );
      }
      table = next;
    }
    this.memory.writeU64(table + Number((linear >> 12n) & 511n) * 8, entry);
    return true;
  }
}
