import type { PciFunction } from "pc-devices";
import { FakeMemory } from "./fake-memory.ts";

const COMMON = 0;
const ISR = 0x1000;
const DEVICE = 0x2000;
const NOTIFY = 0x3000;
const DESCRIPTORS = 0x1000;
const AVAILABLE = 0x2000;
const USED = 0x3000;
/** Each queue has so much room for its rings. */
const STRIDE = 0x4000;

export interface Piece {
  readonly at: number;
  readonly length: number;
  readonly write?: boolean;
}

/** A small driver: brings a device up as VIRTIO 1.2 §3.1.1 says, and puts raw descriptors into rings. */
export class VirtioDriver {
  readonly memory: FakeMemory = new FakeMemory(0x4_0000);
  readonly messages: string[] = [];
  device!: PciFunction;
  readonly size = 8;
  readonly #available: number[] = [0, 0];
  readonly #nextDescriptor: number[] = [0, 0];

  readonly sendMsi = (address: number, data: number): void => {
    this.messages.push(`${address.toString(16)}=${data.toString(16)}`);
  };

  read(offset: number, size: 1 | 2 | 4 = 4): number {
    return this.device.read(offset, size, 0) ?? -1;
  }
  write(offset: number, value: number, size: 1 | 2 | 4 = 4): void {
    this.device.write(offset, size, value, 0);
  }
  get status(): number {
    return this.read(COMMON + 0x14, 1);
  }
  set status(value: number) {
    this.write(COMMON + 0x14, value, 1);
  }
  get isr(): number {
    return this.read(ISR, 1);
  }
  configByte(offset: number): number {
    return this.read(DEVICE + offset, 1);
  }

  /** Negotiates what is offered, but for `without` (low bits), sets up `queues` and goes. */
  start(queues: number, without = 0): void {
    this.device.config.write(0x04, 2, 6);
    this.status = 0;
    this.status = 1;
    this.status = 3;
    for (const half of [0, 1]) {
      this.write(COMMON + 0x00, half);
      const offered = this.read(COMMON + 0x04);
      this.write(COMMON + 0x08, half);
      this.write(COMMON + 0x0c, half === 0 ? (offered & ~without) >>> 0 : offered);
    }
    this.status = 0xb;
    for (let queue = 0; queue < queues; queue++) {
      this.write(COMMON + 0x16, queue, 2);
      this.write(COMMON + 0x18, this.size, 2);
      const base = queue * STRIDE;
      for (const [index, at] of [DESCRIPTORS, AVAILABLE, USED].entries()) {
        this.write(COMMON + 0x20 + 8 * index, base + at);
        this.write(COMMON + 0x24 + 8 * index, 0);
      }
      this.write(COMMON + 0x1c, 1, 2);
      this.#available[queue] = 0;
      this.#nextDescriptor[queue] = 0;
    }
    this.status = 0xf;
  }

  descriptor(
    queue: number,
    index: number,
    at: number,
    length: number,
    flags: number,
    next: number,
    table?: number,
  ): void {
    const place = (table ?? queue * STRIDE + DESCRIPTORS) + 16 * index;
    this.memory.view.setUint32(place, at % 2 ** 32, true);
    this.memory.view.setUint32(place + 4, Math.floor(at / 2 ** 32), true);
    this.memory.view.setUint32(place + 8, length, true);
    this.memory.view.setUint16(place + 12, flags, true);
    this.memory.view.setUint16(place + 14, next, true);
  }

  /** Makes a chain and puts it on the available ring; returns its head. */
  add(queue: number, pieces: readonly Piece[]): number {
    const first = this.#nextDescriptor[queue] as number;
    pieces.forEach(({ at, length, write = false }, index) => {
      const last = index === pieces.length - 1;
      const here = (first + index) % this.size;
      this.descriptor(queue, here, at, length, (write ? 2 : 0) | (last ? 0 : 1), (here + 1) % this.size);
    });
    this.#nextDescriptor[queue] = (first + pieces.length) % this.size;
    this.offer(queue, first);
    return first;
  }

  /** Puts a head on the available ring. */
  offer(queue: number, head: number): void {
    const index = this.#available[queue] as number;
    const ring = queue * STRIDE + AVAILABLE;
    this.memory.view.setUint16(ring + 4 + 2 * (index % this.size), head, true);
    this.#available[queue] = (index + 1) & 0xffff;
    this.memory.view.setUint16(ring + 2, (index + 1) & 0xffff, true);
  }
  /** Event index of the available ring: the used index after which an interrupt is wanted. */
  set usedEvent(value: number) {
    this.memory.view.setUint16(AVAILABLE + 4 + 2 * this.size, value, true);
  }
  get availableEvent(): number {
    return this.memory.view.getUint16(USED + 4 + 8 * this.size, true);
  }
  set availableFlags(value: number) {
    this.memory.view.setUint16(AVAILABLE, value, true);
  }

  kick(queue: number): void {
    this.write(NOTIFY + 4 * queue, queue, 2);
  }

  /** What the device gave back: "head/bytes". */
  used(queue: number): string[] {
    const ring = queue * STRIDE + USED;
    const count = this.memory.view.getUint16(ring + 2, true);
    return Array.from({ length: Math.min(count, this.size) }, (_, index) => {
      const at = ring + 4 + 8 * index;
      return `${this.memory.view.getUint32(at, true)}/${this.memory.view.getUint32(at + 4, true)}`;
    });
  }

  text(at: number, length: number): string {
    return String.fromCharCode(...this.memory.bytes.subarray(at, at + length));
  }
  put(at: number, bytes: Uint8Array | string): void {
    this.memory.bytes.set(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes, at);
  }
}
