/**
 * The device's side of a split virtqueue. The guest owns every byte of it, so every index, length and chain is checked; a queue that
 * breaks a rule is broken and stays so until reset.
 *
 * Sources: Virtual I/O Device (VIRTIO) 1.2 §2.7 split virtqueues: §2.7.5 descriptor table, §2.7.5.3 indirect descriptors, §2.7.6
 * available ring, §2.7.7 notification suppression, §2.7.8 used ring.
 */
import type { DmaMemory } from "../dma.ts";

/** A piece of guest memory. */
interface Segment {
  readonly address: number;
  readonly length: number;
}

/** One request: what the device may read, then what it may write. */
export interface DescriptorChain {
  readonly head: number;
  readonly readable: readonly Segment[];
  readonly writable: readonly Segment[];
  readonly readableBytes: number;
  readonly writableBytes: number;
}

export interface VirtqueueState {
  readonly size: number;
  readonly enabled: boolean;
  readonly descriptors: number;
  readonly available: number;
  readonly used: number;
  readonly vector: number;
  readonly nextAvailable: number;
  readonly nextUsed: number;
  readonly signalledUsed: number;
  readonly broken: boolean;
}

/** Descriptors of one chain, indirect ones included. */
const LONGEST_CHAIN = 1024;
const NEXT = 1;
const WRITE = 2;
const INDIRECT = 4;
const DESCRIPTOR_BYTES = 16;
const NO_INTERRUPT = 1;
const TWO_32 = 2 ** 32;
export const NO_VECTOR = 0xffff;

export class Virtqueue {
  readonly maxSize: number;
  readonly #memory: DmaMemory;
  size: number;
  enabled = false;
  descriptors = 0;
  available = 0;
  used = 0;
  vector: number = NO_VECTOR;
  /** Negotiated features. */
  indirect = false;
  eventIndex = false;
  broken = false;
  #nextAvailable = 0;
  #nextUsed = 0;
  /** `nextUsed` when the guest was last asked about an interrupt. */
  #signalledUsed = 0;

  constructor(maxSize: number, memory: DmaMemory) {
    this.maxSize = maxSize;
    this.size = maxSize;
    this.#memory = memory;
  }

  reset(): void {
    this.size = this.maxSize;
    this.enabled = false;
    this.descriptors = 0;
    this.available = 0;
    this.used = 0;
    this.vector = NO_VECTOR;
    this.indirect = false;
    this.eventIndex = false;
    this.broken = false;
    this.#nextAvailable = 0;
    this.#nextUsed = 0;
    this.#signalledUsed = 0;
  }

  /** Requests that wait; more than the ring holds break the queue. */
  get waiting(): number {
    if (!this.enabled || this.broken) return 0;
    const index = this.#memory.readU16(this.available + 2);
    const count = index === undefined ? Number.POSITIVE_INFINITY : (index - this.#nextAvailable) & 0xffff;
    if (count > this.size) {
      this.broken = true;
      return 0;
    }
    return count;
  }

  /** The next request, undefined if there is none or the queue is broken. */
  take(): DescriptorChain | undefined {
    if (this.waiting === 0) {
      // The guest need not kick before it has come so far (§2.7.10).
      if (this.eventIndex && this.enabled && !this.broken) {
        this.#memory.writeU16(this.used + 4 + 8 * this.size, this.#nextAvailable);
      }
      return undefined;
    }
    const head = this.#memory.readU16(this.available + 4 + 2 * (this.#nextAvailable % this.size));
    const chain = head === undefined ? undefined : this.#walk(head);
    if (chain === undefined) {
      this.broken = true;
      return undefined;
    }
    this.#nextAvailable = (this.#nextAvailable + 1) & 0xffff;
    return chain;
  }

  /**
   * Takes the requests that wait, handles each and hands it back with as many bytes as `handle` says it has written. At most what the ring
   * holds: requests that write new ones into the ring itself wait for the next notification. `until` stops early.
   */
  serve(handle: (chain: DescriptorChain) => number, until: () => boolean = () => false): void {
    for (let left = this.size; left > 0; left--) {
      const chain = this.take();
      if (chain === undefined) return;
      this.give(chain, handle(chain));
      if (this.broken || until()) return;
    }
    // Asks for the next notification.
    if (this.waiting === 0) this.take();
  }

  /** Hands a request back, `written` bytes of its writable part filled. */
  give(chain: DescriptorChain, written: number): void {
    const at = this.used + 4 + 8 * (this.#nextUsed % this.size);
    const next = (this.#nextUsed + 1) & 0xffff;
    const isWritten =
      this.#memory.writeU32(at, chain.head) &&
      this.#memory.writeU32(at + 4, written) &&
      this.#memory.writeU16(this.used + 2, next);
    if (isWritten) this.#nextUsed = next;
    else this.broken = true;
  }

  /** Whether the guest wants an interrupt for what was given since the last question. */
  wantsInterrupt(): boolean {
    const [old, next] = [this.#signalledUsed, this.#nextUsed];
    if (old === next) return false;
    this.#signalledUsed = next;
    if (!this.eventIndex) return ((this.#memory.readU16(this.available) ?? 0) & NO_INTERRUPT) === 0;
    const event = this.#memory.readU16(this.available + 4 + 2 * this.size) ?? 0;
    return ((next - event - 1) & 0xffff) < ((next - old) & 0xffff);
  }

  save(): VirtqueueState {
    const { size, enabled, descriptors, available, used, vector, broken } = this;
    return {
      ...{ size, enabled, descriptors, available, used, vector, broken },
      nextAvailable: this.#nextAvailable,
      nextUsed: this.#nextUsed,
      signalledUsed: this.#signalledUsed,
    };
  }

  load(state: VirtqueueState): void {
    const { size, enabled, descriptors, available, used, vector, broken } = state;
    Object.assign(this, { size, enabled, descriptors, available, used, vector, broken });
    this.#nextAvailable = state.nextAvailable;
    this.#nextUsed = state.nextUsed;
    this.#signalledUsed = state.signalledUsed;
  }

  /** Undefined if the chain breaks a rule: an index too large, a loop, memory that is none, a wrong order. */
  #walk(head: number): DescriptorChain | undefined {
    const readable: Segment[] = [];
    const writable: Segment[] = [];
    let readableBytes = 0;
    let writableBytes = 0;
    let table = this.descriptors;
    let entries = this.size;
    let isIndirect = false;
    let index = head;
    let visited = 0;
    for (let count = 0; count < LONGEST_CHAIN; count++) {
      if (index >= entries) return undefined;
      const at = table + DESCRIPTOR_BYTES * index;
      const low = this.#memory.readU32(at);
      const high = this.#memory.readU32(at + 4);
      const length = this.#memory.readU32(at + 8);
      const flags = this.#memory.readU16(at + 12);
      const next = this.#memory.readU16(at + 14);
      if (low === undefined || high === undefined || length === undefined) return undefined;
      if (flags === undefined || next === undefined) return undefined;
      const address = high * TWO_32 + low;
      if ((flags & INDIRECT) !== 0) {
        const isWhole = length !== 0 && length % DESCRIPTOR_BYTES === 0;
        if (!this.indirect || isIndirect || (flags & NEXT) !== 0 || !isWhole) return undefined;
        isIndirect = true;
        table = address;
        entries = length / DESCRIPTOR_BYTES;
        index = 0;
        visited = 0;
        continue;
      }
      if ((flags & WRITE) !== 0) {
        writable.push({ address, length });
        writableBytes += length;
      } else {
        if (writable.length > 0) return undefined;
        readable.push({ address, length });
        readableBytes += length;
      }
      if ((flags & NEXT) === 0) return { head, readable, writable, readableBytes, writableBytes };
      // A chain longer than its table comes round on itself.
      visited++;
      if (visited >= entries) return undefined;
      index = next;
    }
    return undefined;
  }
}

/** Copies `length` bytes from `offset` of the segments taken as one; undefined where there is no memory or too few bytes. */
export function gather(
  memory: DmaMemory,
  segments: readonly Segment[],
  offset: number,
  length: number,
): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  let done = 0;
  let skip = offset;
  for (const segment of segments) {
    if (done === length) break;
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    const piece = memory.read(segment.address + skip, Math.min(segment.length - skip, length - done));
    if (piece === undefined) return undefined;
    bytes.set(piece, done);
    done += piece.length;
    skip = 0;
  }
  return done === length ? bytes : undefined;
}

/** Writes `bytes` at `offset` of the segments taken as one; false where there is no memory or too little room. */
export function scatter(memory: DmaMemory, segments: readonly Segment[], offset: number, bytes: Uint8Array): boolean {
  let done = 0;
  let skip = offset;
  for (const segment of segments) {
    if (done === bytes.length) break;
    if (skip >= segment.length) {
      skip -= segment.length;
      continue;
    }
    const length = Math.min(segment.length - skip, bytes.length - done);
    if (!memory.write(segment.address + skip, bytes.subarray(done, done + length))) return false;
    done += length;
    skip = 0;
  }
  return done === bytes.length;
}
