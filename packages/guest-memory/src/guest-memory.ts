/**
 * The linear memory of one simulated machine and the guest-physical view of it.
 *
 * Layout, fixed at creation: engine arena, page flags (one byte a page), code lines (one bit for 16 bytes), RAM regions in the
 * given order, room for ROMs.
 * Nothing is ever moved and the memory never grows, so every view and offset taken once stays right.
 */
import { GuestMemoryError } from "./errors.ts";
import {
  CODE_LINE_BYTES,
  CODE_LINE_SHIFT,
  hexAddress,
  MAX_LINEAR_BYTES,
  PAGE_BYTES,
  PAGE_SHIFT,
  PageFlag,
  pageUp,
} from "./page.ts";
import { checkRegion, type MemoryRegion, type RegionKind, RegionMap } from "./region-map.ts";

/** The part of `WebAssembly.Memory` that shows; the object itself is a real one and can be imported by modules. */
export interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(deltaPages: number): number;
}

export interface GuestMemoryOptions {
  /** Bytes at the bottom of the linear memory for `allocate`. Default 64 KiB; rounded up to pages. */
  readonly arenaBytes?: number;
  /** RAM regions: base and size in bytes, multiples of 4096, disjoint. At least one. */
  readonly ram: readonly { readonly base: number; readonly size: number }[];
  /** Room for `addRom`, all ROMs together. Default 4 MiB; rounded up to pages. */
  readonly romBytes?: number;
}

/** Contiguous pages with something in them. */
export interface MemoryRun {
  readonly base: number;
  readonly bytes: Uint8Array;
}

/** What `save` returns: the layout, and every RAM and ROM page that is not all zero. */
export interface GuestMemoryState {
  readonly version: 1;
  readonly regions: readonly { readonly kind: RegionKind; readonly base: number; readonly size: number }[];
  readonly runs: readonly MemoryRun[];
}

/** Addresses (`gpa`) are guest-physical, numbers below 2^52. Nothing here throws on account of an address. */
export interface GuestMemory {
  readonly wasm: LinearMemory;
  /** Never replaced. */
  readonly buffer: ArrayBuffer;
  /** All of the linear memory, index = host offset. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  /** Host offset of the page flags: one byte ({@link PageFlag}) per host page, index = `hostOffset >>> 12`. */
  readonly pageFlagsOffset: number;
  /** Host offset of the code lines: 256 bits per host page, bit n for its bytes 16n to 16n + 15. */
  readonly codeLinesOffset: number;
  /** All regions by base. */
  readonly regions: readonly MemoryRegion[];

  /** Takes zeroed bytes from the arena; `align` is a power of two, default 16. Throws `arena-exhausted`. Never freed. */
  allocate(bytes: number, align?: number): number;
  /** Bytes of the arena still free. */
  readonly arenaFree: number;

  /**
   * Host offset of this byte, -1 where neither RAM nor ROM is. Only bytes of the same 4 KiB page are sure to follow;
   * a page-aligned `gpa` gives a page-aligned offset.
   */
  hostOffset(gpa: number): number;
  /** The inverse: guest-physical address of a byte of the linear memory, -1 where neither RAM nor ROM is. Searches the regions. */
  gpaOf(hostOffset: number): number;
  /** RAM: true. ROM, MMIO and nothing: false. */
  isWritable(gpa: number): boolean;
  regionAt(gpa: number): MemoryRegion | undefined;
  /** Copies `bytes` into a new read-only region; the size is rounded up to pages with zeros. */
  addRom(base: number, bytes: Uint8Array, name?: string): void;
  /** Names a range that devices answer; the returned function takes it away again. */
  addMmio(base: number, size: number, name: string): () => void;

  /**
   * Told after a store into code lines of a page flagged `Code`: host page number (`hostOffset >>> 12`), and the bytes
   * [first, end) of the page that were written. The lines touched are clear by then; a subscriber that keeps code of other bytes
   * in them marks those again. Returns the function that ends the subscription.
   */
  onCodeWrite(callback: (hostPage: number, first: number, end: number) => void): () => void;
  /** The processor's slow store path reports here what `write` reports by itself. With its last line a page loses its flag. */
  noteCodeWrite(hostPage: number, first: number, end: number): void;
  /** Told when an engine has marked code in a page flagged `Writable`: whoever keeps mappings for writing to it must look from now on. */
  onCodePage(callback: (hostPage: number) => void): () => void;
  /** For engines: sets the code lines of the bytes [first, end) of a page, flags it `Code`, and tells the subscribers if need be. */
  markCode(hostPage: number, first: number, end: number): void;

  /** A copy, or undefined unless all of it is RAM or ROM. */
  read(gpa: number, length: number): Uint8Array<ArrayBuffer> | undefined;
  /** True if all of it is RAM; otherwise nothing is written. */
  write(gpa: number, bytes: Uint8Array): boolean;
  /** As `write`, with `length` times the same byte. */
  fill(gpa: number, length: number, value: number): boolean;
  readU8(gpa: number): number | undefined;
  readU16(gpa: number): number | undefined;
  readU32(gpa: number): number | undefined;
  readU64(gpa: number): bigint | undefined;
  writeU8(gpa: number, value: number): boolean;
  writeU16(gpa: number, value: number): boolean;
  writeU32(gpa: number, value: number): boolean;
  writeU64(gpa: number, value: bigint): boolean;

  /**
   * Guest-physical addresses of all RAM pages written since the last harvest, ascending; clears their flags. `write` and
   * `fill` set the flag by themselves; a processor sets it when it first maps a page for writing, and must forget such
   * mappings when {@link onDirtyHarvest} tells it.
   */
  harvestDirty(): number[];
  /** Told after every harvest. Returns the function that ends the subscription. */
  onDirtyHarvest(callback: () => void): () => void;

  save(): GuestMemoryState;
  /** Takes the contents of a memory with the same RAM and ROM layout; reports code pages that change. Throws `bad-state`. */
  load(state: GuestMemoryState): void;
}

const WASM_PAGE_BYTES = 0x1_0000;
const DEFAULT_ARENA_BYTES = 0x1_0000;
const DEFAULT_ROM_BYTES = 0x40_0000;

/** Makes the memory with all RAM zero. Throws {@link GuestMemoryError} if the layout is impossible. */
export function createGuestMemory(options: GuestMemoryOptions): GuestMemory {
  return new Memory(options);
}

class Memory implements GuestMemory {
  readonly wasm: LinearMemory;
  readonly buffer: ArrayBuffer;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly pageFlagsOffset: number;
  readonly codeLinesOffset: number;
  readonly #words: Uint32Array<ArrayBuffer>;
  readonly #map = new RegionMap();
  #arenaNext = 0;
  readonly #arenaEnd: number;
  #romNext: number;
  readonly #romEnd: number;
  #codeWrite: readonly ((hostPage: number, first: number, end: number) => void)[] = [];
  #codePage: readonly ((hostPage: number) => void)[] = [];
  #dirtyHarvest: readonly (() => void)[] = [];

  constructor({ arenaBytes = DEFAULT_ARENA_BYTES, ram, romBytes = DEFAULT_ROM_BYTES }: GuestMemoryOptions) {
    checkBytes("arenaBytes", arenaBytes);
    checkBytes("romBytes", romBytes);
    if (ram.length === 0)
      throw new GuestMemoryError("bad-range", "ram is empty: a machine needs at least one RAM region");
    for (const { base, size } of ram) checkRegion({ kind: "ram", name: "ram", base, size });

    const arena = pageUp(arenaBytes);
    const payload = arena + ram.reduce((sum, { size }) => sum + size, 0) + pageUp(romBytes);
    // Flags and lines describe their own pages too; one byte in 64 more settles it.
    const pages = Math.ceil((payload + payload / 64) / PAGE_BYTES) + WASM_PAGE_BYTES / PAGE_BYTES;
    const flags = pageUp(pages);
    const lines = pageUp(pages * CODE_LINE_BYTES);
    const total = Math.ceil((payload + flags + lines) / WASM_PAGE_BYTES) * WASM_PAGE_BYTES;
    if (total > MAX_LINEAR_BYTES) {
      throw new GuestMemoryError(
        "too-large",
        `RAM, ROM and engine arena need ${total} bytes; one linear memory holds at most ${MAX_LINEAR_BYTES}`,
      );
    }

    let next = arena + flags + lines;
    for (const { base, size } of ram) {
      this.#map.add({ kind: "ram", name: "ram", base, size, hostOffset: next });
      next += size;
    }
    this.#arenaEnd = arena;
    this.#romNext = next;
    this.#romEnd = next + pageUp(romBytes);
    this.pageFlagsOffset = arena;
    this.codeLinesOffset = arena + flags;
    this.wasm = allocateLinear(total);
    this.buffer = this.wasm.buffer;
    this.bytes = new Uint8Array(this.buffer);
    this.view = new DataView(this.buffer);
    this.#words = new Uint32Array(this.buffer);
  }

  get regions(): readonly MemoryRegion[] {
    return this.#map.all;
  }

  get arenaFree(): number {
    return this.#arenaEnd - this.#arenaNext;
  }

  allocate(bytes: number, align = 16): number {
    checkBytes("bytes", bytes);
    if (!Number.isInteger(align) || align < 1 || Math.log2(align) % 1 !== 0) {
      throw new GuestMemoryError("bad-range", `align ${align}: expected a power of two`);
    }
    const start = Math.ceil(this.#arenaNext / align) * align;
    if (start + bytes > this.#arenaEnd) {
      throw new GuestMemoryError(
        "arena-exhausted",
        `engine arena: ${bytes} bytes wanted, ${this.arenaFree} of ${this.#arenaEnd} free; create the memory with a larger arenaBytes`,
      );
    }
    this.#arenaNext = start + bytes;
    return start;
  }

  hostOffset(gpa: number): number {
    const region = this.#map.find(gpa);
    return region === undefined || region.hostOffset < 0 ? -1 : region.hostOffset + (gpa - region.base);
  }

  gpaOf(hostOffset: number): number {
    const region = this.#map.findHost(hostOffset);
    return region === undefined ? -1 : region.base + (hostOffset - region.hostOffset);
  }

  isWritable(gpa: number): boolean {
    return this.#map.find(gpa)?.kind === "ram";
  }

  regionAt(gpa: number): MemoryRegion | undefined {
    return this.#map.find(gpa);
  }

  addRom(base: number, bytes: Uint8Array, name = "rom"): void {
    const size = pageUp(bytes.length);
    if (this.#romNext + size > this.#romEnd) {
      throw new GuestMemoryError(
        "rom-exhausted",
        `rom "${name}": ${size} bytes wanted, ${this.#romEnd - this.#romNext} free; create the memory with larger romBytes`,
      );
    }
    this.#map.add({ kind: "rom", name, base, size, hostOffset: this.#romNext });
    this.bytes.set(bytes, this.#romNext);
    this.#romNext += size;
  }

  addMmio(base: number, size: number, name: string): () => void {
    const region: MemoryRegion = { kind: "mmio", name, base, size, hostOffset: -1 };
    this.#map.add(region);
    return () => this.#map.remove(region);
  }

  onCodeWrite(callback: (hostPage: number, first: number, end: number) => void): () => void {
    this.#codeWrite = [...this.#codeWrite, callback];
    return () => {
      this.#codeWrite = this.#codeWrite.filter((other) => other !== callback);
    };
  }

  noteCodeWrite(hostPage: number, first: number, end: number): void {
    const lines = this.codeLinesOffset + hostPage * CODE_LINE_BYTES;
    let touched = 0;
    for (let line = first >>> CODE_LINE_SHIFT; line <= (end - 1) >>> CODE_LINE_SHIFT; line++) {
      const at = lines + (line >>> 3);
      const bit = 1 << (line & 7);
      touched |= this.bytes[at]! & bit;
      this.bytes[at]! &= ~bit;
    }
    if (touched !== 0) for (const callback of this.#codeWrite) callback(hostPage, first, end);
    for (let at = lines; at < lines + CODE_LINE_BYTES; at += 4) if (this.#words[at >>> 2] !== 0) return;
    this.bytes[this.pageFlagsOffset + hostPage]! &= ~PageFlag.Code;
  }

  onCodePage(callback: (hostPage: number) => void): () => void {
    this.#codePage = [...this.#codePage, callback];
    return () => {
      this.#codePage = this.#codePage.filter((other) => other !== callback);
    };
  }

  markCode(hostPage: number, first: number, end: number): void {
    const lines = this.codeLinesOffset + hostPage * CODE_LINE_BYTES;
    for (let line = first >>> CODE_LINE_SHIFT; line <= (end - 1) >>> CODE_LINE_SHIFT; line++)
      this.bytes[lines + (line >>> 3)]! |= 1 << (line & 7);
    const flag = this.pageFlagsOffset + hostPage;
    const flags = this.bytes[flag]!;
    this.bytes[flag] = (flags | PageFlag.Code) & ~PageFlag.Writable;
    if ((flags & PageFlag.Writable) !== 0) for (const callback of this.#codePage) callback(hostPage);
  }

  read(gpa: number, length: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#covers(gpa, length, false)) return undefined;
    const copy = new Uint8Array(length);
    this.#chunks(gpa, length, (host, bytes, done) => copy.set(this.bytes.subarray(host, host + bytes), done));
    return copy;
  }

  write(gpa: number, bytes: Uint8Array): boolean {
    if (!this.#covers(gpa, bytes.length, true)) return false;
    this.#chunks(gpa, bytes.length, (host, count, done) => {
      this.bytes.set(bytes.subarray(done, done + count), host);
      this.#touch(host, count);
    });
    return true;
  }

  fill(gpa: number, length: number, value: number): boolean {
    if (!this.#covers(gpa, length, true)) return false;
    this.#chunks(gpa, length, (host, count) => {
      this.bytes.fill(value, host, host + count);
      this.#touch(host, count);
    });
    return true;
  }

  readU8(gpa: number): number | undefined {
    const host = this.hostOffset(gpa);
    return host < 0 ? undefined : this.bytes[host];
  }

  readU16(gpa: number): number | undefined {
    const host = this.#within(gpa, 2, false);
    return host >= 0 ? this.view.getUint16(host, true) : viewOf(this.read(gpa, 2))?.getUint16(0, true);
  }

  readU32(gpa: number): number | undefined {
    const host = this.#within(gpa, 4, false);
    return host >= 0 ? this.view.getUint32(host, true) : viewOf(this.read(gpa, 4))?.getUint32(0, true);
  }

  readU64(gpa: number): bigint | undefined {
    const host = this.#within(gpa, 8, false);
    return host >= 0 ? this.view.getBigUint64(host, true) : viewOf(this.read(gpa, 8))?.getBigUint64(0, true);
  }

  writeU8(gpa: number, value: number): boolean {
    const host = this.#within(gpa, 1, true);
    if (host < 0) return false;
    this.bytes[host] = value;
    this.#touch(host, 1);
    return true;
  }

  writeU16(gpa: number, value: number): boolean {
    const host = this.#within(gpa, 2, true);
    if (host < 0)
      return this.write(
        gpa,
        encode(2, (view) => view.setUint16(0, value, true)),
      );
    this.view.setUint16(host, value, true);
    this.#touch(host, 2);
    return true;
  }

  writeU32(gpa: number, value: number): boolean {
    const host = this.#within(gpa, 4, true);
    if (host < 0)
      return this.write(
        gpa,
        encode(4, (view) => view.setUint32(0, value, true)),
      );
    this.view.setUint32(host, value, true);
    this.#touch(host, 4);
    return true;
  }

  writeU64(gpa: number, value: bigint): boolean {
    const host = this.#within(gpa, 8, true);
    if (host < 0)
      return this.write(
        gpa,
        encode(8, (view) => view.setBigUint64(0, value, true)),
      );
    this.view.setBigUint64(host, value, true);
    this.#touch(host, 8);
    return true;
  }

  harvestDirty(): number[] {
    const pages: number[] = [];
    for (const region of this.#map.all) {
      if (region.kind !== "ram") continue;
      const flags = this.#flagsAt(region.hostOffset);
      for (let page = 0; page < region.size >>> PAGE_SHIFT; page++) {
        if (((this.bytes[flags + page] as number) & PageFlag.Dirty) === 0) continue;
        this.bytes[flags + page]! &= ~PageFlag.Dirty;
        pages.push(region.base + page * PAGE_BYTES);
      }
    }
    for (const callback of this.#dirtyHarvest) callback();
    return pages;
  }

  onDirtyHarvest(callback: () => void): () => void {
    this.#dirtyHarvest = [...this.#dirtyHarvest, callback];
    return () => {
      this.#dirtyHarvest = this.#dirtyHarvest.filter((other) => other !== callback);
    };
  }

  save(): GuestMemoryState {
    const runs: MemoryRun[] = [];
    for (const region of this.#backed()) {
      for (let at = 0; at < region.size; ) {
        let end = at;
        while (end < region.size && !this.#isZero(region.hostOffset + end)) end += PAGE_BYTES;
        if (end > at) {
          runs.push({
            base: region.base + at,
            bytes: this.bytes.slice(region.hostOffset + at, region.hostOffset + end),
          });
        }
        at = end + PAGE_BYTES;
      }
    }
    return { version: 1, regions: this.#backed().map(({ kind, base, size }) => ({ kind, base, size })), runs };
  }

  load(state: GuestMemoryState): void {
    this.#checkState(state);
    const pages = new Map<number, Uint8Array>();
    for (const { base, bytes } of state.runs) {
      for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
        pages.set(this.hostOffset(base + at), bytes.subarray(at, at + PAGE_BYTES));
      }
    }
    for (const region of this.#backed()) {
      for (let host = region.hostOffset; host < region.hostOffset + region.size; host += PAGE_BYTES) {
        const page = pages.get(host);
        if (page !== undefined) this.bytes.set(page, host);
        else if (!this.#isZero(host)) this.bytes.fill(0, host, host + PAGE_BYTES);
        else continue;
        this.#touch(host, PAGE_BYTES);
      }
    }
  }

  #checkState(state: GuestMemoryState): void {
    if (state.version !== 1) {
      throw new GuestMemoryError("bad-state", `memory state has version ${String(state.version)}; expected 1`);
    }
    const layout = (regions: GuestMemoryState["regions"]): string =>
      regions.map(({ kind, base, size }) => `${kind} ${hexAddress(base)}+${hexAddress(size)}`).join(", ");
    const [saved, own] = [layout(state.regions), layout(this.#backed())];
    if (saved !== own) {
      throw new GuestMemoryError(
        "bad-state",
        `memory state is of another layout: it has ${saved}; this machine has ${own}`,
      );
    }
    for (const { base, bytes } of state.runs) {
      if (base % PAGE_BYTES !== 0 || bytes.length % PAGE_BYTES !== 0 || !this.#covers(base, bytes.length, false)) {
        throw new GuestMemoryError(
          "bad-state",
          `memory state has ${bytes.length} bytes at ${hexAddress(base)}; expected whole pages of RAM or ROM`,
        );
      }
    }
  }

  #backed(): MemoryRegion[] {
    return this.#map.all.filter((region) => region.hostOffset >= 0);
  }

  #isZero(host: number): boolean {
    const words = this.#words;
    for (let word = host >>> 2; word < (host + PAGE_BYTES) / 4; word++) if (words[word] !== 0) return false;
    return true;
  }

  #flagsAt(host: number): number {
    return this.pageFlagsOffset + (host >>> PAGE_SHIFT);
  }

  /** Host offset if the whole access lies in one page, else -1 (the caller takes the general way). */
  #within(gpa: number, size: number, write: boolean): number {
    if ((gpa % PAGE_BYTES) + size > PAGE_BYTES) return -1;
    return write && !this.isWritable(gpa) ? -1 : this.hostOffset(gpa);
  }

  #covers(gpa: number, length: number, write: boolean): boolean {
    if (!(length >= 0 && length <= this.bytes.length)) return false;
    // Beyond 2^53 a sum may be what it was before.
    if (!Number.isSafeInteger(gpa + length)) return false;
    for (let at = gpa; at < gpa + length; ) {
      const region = this.#map.find(at);
      if (region === undefined || region.kind === "mmio" || (write && region.kind !== "ram")) return false;
      at = region.base + region.size;
    }
    return true;
  }

  #chunks(gpa: number, length: number, each: (host: number, bytes: number, done: number) => void): void {
    for (let done = 0; done < length; ) {
      const region = this.#map.find(gpa + done) as MemoryRegion;
      const inside = gpa + done - region.base;
      const bytes = Math.min(length - done, region.size - inside);
      each(region.hostOffset + inside, bytes, done);
      done += bytes;
    }
  }

  #touch(host: number, length: number): void {
    const last = this.#flagsAt(host + length - 1);
    for (let flag = this.#flagsAt(host); flag <= last; flag++) {
      const flags = this.bytes[flag] as number;
      this.bytes[flag] = flags | PageFlag.Dirty;
      if ((flags & PageFlag.Code) === 0) continue;
      const page = flag - this.pageFlagsOffset;
      const start = page * PAGE_BYTES;
      this.noteCodeWrite(page, Math.max(0, host - start), Math.min(PAGE_BYTES, host + length - start));
    }
  }
}

function checkBytes(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new GuestMemoryError("bad-range", `${name} is ${value}; expected a number of bytes >= 0`);
  }
}

function allocateLinear(total: number): LinearMemory {
  const pages = total / WASM_PAGE_BYTES;
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages });
  } catch (cause) {
    throw new GuestMemoryError("too-large", `the host gives no linear memory of ${total} bytes: ${String(cause)}`);
  }
}

const viewOf = (bytes: Uint8Array<ArrayBuffer> | undefined): DataView | undefined =>
  bytes === undefined ? undefined : new DataView(bytes.buffer);

function encode(size: number, put: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(size);
  put(new DataView(bytes.buffer));
  return bytes;
}
