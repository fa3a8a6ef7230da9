/**
 * The shared information page: event bits, per-vCPU information, clocks. Before a guest places it, it is the hypervisor's own; then it
 * is the page of RAM that the guest named, and what stood there is gone.
 *
 * Sources: Xen `xen/include/public/xen.h` (struct shared_info, vcpu_info, vcpu_time_info), `xen/include/public/arch-x86/xen.h`,
 * `xen-x86_32.h`, `xen-x86_64.h` (arch_vcpu_info); `xen/common/domain.c` map_vcpu_info; `xen/arch/x86/time.c` __update_vcpu_system_time.
 */
import { PAGE_SIZE, type XenMemory } from "./hypercall.ts";

/** struct vcpu_info has 64 bytes in both layouts, and its time the last 32 of them. */
const VCPU_INFO_BYTES = 64;
/** XEN_LEGACY_MAX_VCPUS: those with a vcpu_info in the page. */
const VCPUS_IN_PAGE = 32;
const UPCALL_PENDING = 0;
const UPCALL_MASK = 1;
const TIME = 32;
const PENDING = 2048;
/** The counters of all vCPUs agree: not when they take turns, where one may be a turn ahead of another. */
const PVCLOCK_TSC_STABLE = 1;

/** Byte offsets in the page and the number of bits of a `long`. */
const layouts = {
  wide: { longBits: 64, selector: 8, mask: 2560, wallClock: 3072, secondsHigh: 3084, ports: 4096 },
  narrow: { longBits: 32, selector: 4, mask: 2176, wallClock: 2304, secondsHigh: 2340, ports: 1024 },
} as const;

export interface SharedInfoOptions {
  readonly memory: XenMemory;
  readonly vcpus: number;
  readonly tscKhz: number;
  /** ns since 1970-01-01 UTC at system time 0. */
  readonly bootUnixNs: bigint;
  /** A vCPU's time-stamp counter and its system time, at one moment. */
  readonly clockOf: (vcpuId: number) => { readonly tsc: bigint; readonly ns: bigint };
  /** A vCPU has an upcall to take. */
  readonly upcall: (vcpuId: number) => void;
}

export interface SharedInfoState {
  readonly wide: boolean;
  readonly address: number | undefined;
  /** The page, while it is the hypervisor's own. */
  readonly own: Uint8Array;
  readonly vcpuInfo: readonly (number | undefined)[];
}

export class SharedInfo {
  readonly #options: SharedInfoOptions;
  #wide = true;
  #address: number | undefined;
  #own = new Uint8Array(PAGE_SIZE);
  /** Where vCPUs have placed their information, guest-physical. */
  #vcpuInfo: (number | undefined)[];

  constructor(options: SharedInfoOptions) {
    this.#options = options;
    this.#vcpuInfo = new Array(options.vcpus).fill(undefined);
  }

  get #layout() {
    return this.#wide ? layouts.wide : layouts.narrow;
  }

  /** Event channels that the layout has room for. */
  get ports(): number {
    return this.#layout.ports;
  }

  /** The layout follows the mode of the kernel that talks to us. */
  latch(wide: boolean): void {
    if (wide === this.#wide) return;
    this.#wide = wide;
    this.#refresh();
  }

  /** `address`: a page of RAM. */
  place(address: number): void {
    const { memory } = this.#options;
    const content = this.#address === undefined ? this.#own : memory.read(this.#address, PAGE_SIZE);
    memory.write(address, content ?? new Uint8Array(PAGE_SIZE));
    this.#address = address;
    this.#refresh();
  }

  /** False when the vCPU has placed it before. Everything counts as pending then, so that nothing is lost. */
  placeVcpuInfo(vcpuId: number, address: number): boolean {
    if (this.#vcpuInfo[vcpuId] !== undefined) return false;
    const { memory } = this.#options;
    const old = new Uint8Array(VCPU_INFO_BYTES);
    const from = this.#infoOffset(vcpuId);
    if (from !== undefined) for (let at = 0; at < old.length; at++) old[at] = this.#readByte(from + at);
    memory.write(address, old);
    this.#vcpuInfo[vcpuId] = address;
    this.#writeInfoWord(vcpuId, this.#layout.selector, 0xffff_ffff);
    if (this.#wide) this.#writeInfoWord(vcpuId, this.#layout.selector + 4, 0xffff_ffff);
    memory.writeU8(address + UPCALL_PENDING, 1);
    this.#writeTime(vcpuId);
    return true;
  }

  isUpcallPending(vcpuId: number): boolean {
    return this.#readInfoByte(vcpuId, UPCALL_PENDING) !== 0;
  }

  setUpcallMask(vcpuId: number, masked: boolean): void {
    this.#writeInfoByte(vcpuId, UPCALL_MASK, masked ? 1 : 0);
  }

  isPending(port: number): boolean {
    return this.#bit(PENDING, port);
  }

  isMasked(port: number): boolean {
    return this.#bit(this.#layout.mask, port);
  }

  /** Sets the pending bit and, unless the port is masked, tells the vCPU. */
  setPending(port: number, vcpuId: number): void {
    if (this.isPending(port)) return;
    this.#setBit(PENDING, port, true);
    if (!this.isMasked(port)) this.#notify(port, vcpuId);
  }

  unmask(port: number, vcpuId: number): void {
    if (!this.isMasked(port)) return;
    this.#setBit(this.#layout.mask, port, false);
    if (this.isPending(port)) this.#notify(port, vcpuId);
  }

  clearPending(port: number): void {
    this.#setBit(PENDING, port, false);
  }

  /** struct vcpu_time_info. */
  timeInfo(vcpuId: number): Uint8Array {
    return new Uint8Array(Uint32Array.from(this.#timeWords(vcpuId, 2)).buffer);
  }

  save(): SharedInfoState {
    return {
      wide: this.#wide,
      address: this.#address,
      own: this.#own.slice(),
      vcpuInfo: [...this.#vcpuInfo],
    };
  }

  load(state: SharedInfoState): void {
    this.#wide = state.wide;
    this.#address = state.address;
    this.#own = state.own.slice();
    this.#vcpuInfo = [...state.vcpuInfo];
  }

  #notify(port: number, vcpuId: number): void {
    const word = Math.floor(port / this.#layout.longBits);
    const offset = this.#layout.selector + (word >> 5) * 4;
    const bit = 1 << (word & 31);
    const before = this.#readInfoWord(vcpuId, offset);
    if ((before & bit) !== 0) return;
    this.#writeInfoWord(vcpuId, offset, (before | bit) >>> 0);
    this.#writeInfoByte(vcpuId, UPCALL_PENDING, 1);
    this.#options.upcall(vcpuId);
  }

  #refresh(): void {
    this.#writeWallClock();
    for (let id = 0; id < this.#options.vcpus; id++) this.#writeTime(id);
  }

  /** Even versions are whole; the guest cannot look while the hypervisor writes. */
  #writeWallClock(): void {
    const { wallClock, secondsHigh } = this.#layout;
    const { bootUnixNs } = this.#options;
    const seconds = bootUnixNs / 1_000_000_000n;
    this.#writeWord(wallClock, (this.#readWord(wallClock) + 2) & ~1);
    this.#writeWord(wallClock + 4, Number(BigInt.asUintN(32, seconds)));
    this.#writeWord(wallClock + 8, Number(bootUnixNs % 1_000_000_000n));
    this.#writeWord(secondsHigh, Number(BigInt.asUintN(32, seconds >> 32n)));
  }

  #writeTime(vcpuId: number): void {
    const version = (this.#readInfoWord(vcpuId, TIME) + 2) & ~1;
    this.#timeWords(vcpuId, version).forEach((word, index) => {
      this.#writeInfoWord(vcpuId, TIME + index * 4, word >>> 0);
    });
  }

  #timeWords(vcpuId: number, version: number): readonly number[] {
    const { tsc, ns } = this.#options.clockOf(vcpuId);
    const { multiplier, shift } = tscScale(this.#options.tscKhz);
    const flags = this.#options.vcpus === 1 ? PVCLOCK_TSC_STABLE : 0;
    return [version, 0, ...halves(tsc), ...halves(ns), multiplier, (shift & 0xff) | (flags << 8)];
  }

  #bit(base: number, port: number): boolean {
    return (this.#readWord(base + (port >> 5) * 4) & (1 << (port & 31))) !== 0;
  }

  #setBit(base: number, port: number, value: boolean): void {
    const offset = base + (port >> 5) * 4;
    const bit = 1 << (port & 31);
    const before = this.#readWord(offset);
    this.#writeWord(offset, (value ? before | bit : before & ~bit) >>> 0);
  }

  #infoOffset(vcpuId: number): number | undefined {
    return vcpuId < VCPUS_IN_PAGE ? vcpuId * VCPU_INFO_BYTES : undefined;
  }

  #readInfoByte(vcpuId: number, offset: number): number {
    const own = this.#vcpuInfo[vcpuId];
    if (own !== undefined) return this.#options.memory.readU8(own + offset) ?? 0;
    const info = this.#infoOffset(vcpuId);
    return info === undefined ? 0 : this.#readByte(info + offset);
  }

  #writeInfoByte(vcpuId: number, offset: number, value: number): void {
    const own = this.#vcpuInfo[vcpuId];
    if (own !== undefined) this.#options.memory.writeU8(own + offset, value);
    else {
      const info = this.#infoOffset(vcpuId);
      if (info === undefined) return;
      if (this.#address === undefined) this.#own[info + offset] = value;
      else this.#options.memory.writeU8(this.#address + info + offset, value);
    }
  }

  #readInfoWord(vcpuId: number, offset: number): number {
    const own = this.#vcpuInfo[vcpuId];
    if (own !== undefined) return this.#options.memory.readU32(own + offset) ?? 0;
    const info = this.#infoOffset(vcpuId);
    return info === undefined ? 0 : this.#readWord(info + offset);
  }

  #writeInfoWord(vcpuId: number, offset: number, value: number): void {
    const own = this.#vcpuInfo[vcpuId];
    if (own !== undefined) this.#options.memory.writeU32(own + offset, value);
    else {
      const info = this.#infoOffset(vcpuId);
      if (info !== undefined) this.#writeWord(info + offset, value);
    }
  }

  #readByte(offset: number): number {
    if (this.#address === undefined) return this.#own[offset] ?? 0;
    return this.#options.memory.readU8(this.#address + offset) ?? 0;
  }

  #readWord(offset: number): number {
    if (this.#address !== undefined) return this.#options.memory.readU32(this.#address + offset) ?? 0;
    return new DataView(this.#own.buffer).getUint32(offset, true);
  }

  #writeWord(offset: number, value: number): void {
    if (this.#address !== undefined) this.#options.memory.writeU32(this.#address + offset, value >>> 0);
    else new DataView(this.#own.buffer).setUint32(offset, value >>> 0, true);
  }
}

const halves = (value: bigint): [number, number] => [
  Number(BigInt.asUintN(32, value)),
  Number(BigInt.asUintN(32, value >> 32n)),
];

/** ns = (tsc << shift) * multiplier >> 32, with bit 31 of the multiplier set. Shifts below zero go right. */
export function tscScale(tscKhz: number): { readonly multiplier: number; readonly shift: number } {
  let shift = 0;
  // ns of one tick, as a fraction of 2^32: bring it into [2^31, 2^32).
  let scaled = (1_000_000n << 32n) / BigInt(tscKhz);
  const precise = (by: number): bigint =>
    by >= 0 ? (1_000_000n << 32n) / (BigInt(tscKhz) << BigInt(by)) : (1_000_000n << BigInt(32 - by)) / BigInt(tscKhz);
  while (scaled >= 1n << 32n) scaled = precise(++shift);
  while (scaled < 1n << 31n) scaled = precise(--shift);
  return { multiplier: Number(scaled), shift };
}
