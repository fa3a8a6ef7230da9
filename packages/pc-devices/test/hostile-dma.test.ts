/**
 * Guests against what reads and writes their memory: virtqueues and fw_cfg. Whatever stands in memory, one access of the guest's makes so
 * many accesses of the host's and no more.
 */
import fc from "fast-check";
import {
  type Device,
  type DeviceModel,
  type DmaMemory,
  fwCfg,
  type PciFunction,
  virtioBlk,
  virtioConsole,
  virtioNet,
  virtioRng,
} from "pc-devices";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "./fake-environment.ts";
import { FakeMemory } from "./fake-memory.ts";
import { VirtioDriver } from "./virtio-driver.ts";

const SECTOR = 512;
const TWO_32 = 2 ** 32;

/** Counts what is asked of it. */
class CountingMemory implements DmaMemory {
  readonly #memory: FakeMemory;
  accesses = 0;
  bytes = 0;

  constructor(memory: FakeMemory) {
    this.#memory = memory;
  }
  #count<T>(bytes: number, result: T): T {
    this.accesses++;
    this.bytes += bytes;
    return result;
  }
  read(gpa: number, length: number): Uint8Array | undefined {
    const bytes = this.#memory.read(gpa, length);
    return this.#count(bytes?.length ?? 0, bytes);
  }
  write(gpa: number, bytes: Uint8Array): boolean {
    return this.#count(bytes.length, this.#memory.write(gpa, bytes));
  }
  readU16(gpa: number): number | undefined {
    return this.#count(2, this.#memory.readU16(gpa));
  }
  readU32(gpa: number): number | undefined {
    return this.#count(4, this.#memory.readU32(gpa));
  }
  writeU16(gpa: number, value: number): boolean {
    return this.#count(2, this.#memory.writeU16(gpa, value));
  }
  writeU32(gpa: number, value: number): boolean {
    return this.#count(4, this.#memory.writeU32(gpa, value));
  }
}

type Made = Device<unknown> & PciFunction;
interface Kind {
  readonly queues: number;
  make(memory: DmaMemory): Made;
}
const made = <O>(model: DeviceModel<O, Made>, options: O): Made => model.create(new FakeEnvironment(), options);
const kinds: Readonly<Record<string, Kind>> = {
  blk: {
    queues: 1,
    make: (memory) =>
      made(virtioBlk, {
        memory,
        backend: {
          sectors: 64,
          readSectors: (sector, count) => new Uint8Array(count * SECTOR).fill(sector),
          writeSectors: () => true,
          discard: () => true,
        },
      }),
  },
  console: { queues: 2, make: (memory) => made(virtioConsole, { memory }) },
  rng: {
    queues: 1,
    make: (memory) => made(virtioRng, { memory, random: { next: () => 0x5a, save: () => 0, load() {} } }),
  },
  net: { queues: 2, make: (memory) => made(virtioNet, { memory }) },
};

/** A request reads at most 1,024 descriptors of five fields, and moves at most as many pieces. */
const MOST_PER_REQUEST = 1024 * 7 + 20;

describe.each(Object.entries(kinds))("[pc-devices] hostile rings: virtio-%s", (_, { queues, make }) => {
  const setUp = () => {
    const driver = new VirtioDriver();
    const memory = new CountingMemory(driver.memory);
    const device = make(memory);
    driver.device = device;
    return { driver, memory, device };
  };
  const address = fc.oneof(
    fc.nat(0x4_0000),
    // The rings and tables themselves.
    fc.constantFrom(0x1000, 0x1010, 0x2000, 0x2002, 0x2004, 0x3000, 0x3002, 0x5000, 0x6000, 0x7000),
    // Where nothing is, and where sums wrap.
    fc.constantFrom(0x3_fffe, 0x4_0000, TWO_32 - 1, TWO_32, 2 ** 52, 2 ** 63, 2 ** 64 - 4096),
  );
  const descriptor = fc.record({
    index: fc.nat(9),
    address,
    length: fc.oneof(fc.nat(64), fc.constantFrom(0, 1, 15, 16, 4096, 0x40_0000, 0x7fff_ffff, 0xffff_fff0, 0xffff_ffff)),
    flags: fc.nat(7),
    next: fc.nat(9),
    /** In a ring's own table, or in the memory that indirect tables point to. */
    table: fc.constantFrom(undefined, 0x2_0000, 0x1000),
  });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("descriptor" as const), queue: fc.nat(queues - 1), descriptor }),
    fc.record({ kind: fc.constant("offer" as const), queue: fc.nat(queues - 1), head: fc.nat(9) }),
    fc.record({ kind: fc.constant("index" as const), queue: fc.nat(queues - 1), value: fc.nat(0xffff) }),
    fc.record({ kind: fc.constant("kick" as const), queue: fc.nat(queues) }),
    // The queue's addresses, size and enable, in any state; the device's status.
    fc.record({
      kind: fc.constant("register" as const),
      offset: fc.constantFrom(0x14, 0x16, 0x18, 0x1a, 0x1c, 0x20, 0x24, 0x28, 0x2c, 0x30, 0x34),
      size: fc.constantFrom(1 as const, 2 as const, 4 as const),
      value: fc.oneof(fc.nat(16), fc.nat(0x4_0000), fc.nat(0xffff_ffff)),
    }),
    fc.record({ kind: fc.constant("restart" as const), without: fc.constantFrom(0, 1 << 29, 1 << 28, 3 << 28) }),
  );

  it("each access of the guest's is bounded work, and breaks nothing", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (script) => {
        const { driver, memory, device } = setUp();
        driver.start(queues);
        for (const each of script) {
          const before = memory.accesses;
          if (each.kind === "descriptor") {
            const { index, length, flags, next, table } = each.descriptor;
            driver.descriptor(each.queue, index, each.descriptor.address, length, flags, next, table);
          } else if (each.kind === "offer") driver.offer(each.queue, each.head);
          else if (each.kind === "index") driver.memory.view.setUint16(each.queue * 0x4000 + 0x2002, each.value, true);
          else if (each.kind === "kick") driver.kick(each.queue);
          else if (each.kind === "register") driver.write(each.offset, each.value, each.size);
          else driver.start(queues, each.without);
          // Sizes of queues: 128 at most.
          expect(memory.accesses - before).toBeLessThanOrEqual(129 * MOST_PER_REQUEST);
        }
        const other = setUp().device;
        other.load(structuredClone(device.save()) as never);
        expect(other.save()).toEqual(device.save());
      }),
      { numRuns: 150 },
    );
  });

  it("lengths that add up to more than 2^32 are neither allocated nor moved", () => {
    const { driver, memory } = setUp();
    driver.start(queues, 1 << 29);
    for (let queue = 0; queue < queues; queue++) {
      for (const [index, flags] of [1, 1, 3, 3, 3, 2].entries())
        driver.descriptor(queue, index, 0x1_0000, 0xffff_ffff, flags, index + 1);
      driver.offer(queue, 0);
      driver.kick(queue);
    }
    expect(memory.bytes).toBeLessThan(0x10_0000);
  });
});

describe("[pc-devices] a disk that programs its own ring", () => {
  /**
   * Each sector that is read overwrites the request's header with the next sector's number, and the available index with one more: a request
   * that makes the next one, for ever.
   */
  it("one notification serves one ring of requests; the guest stays in charge", () => {
    const driver = new VirtioDriver();
    let reads = 0;
    const TARGET = 0x1ff0;
    const HEADER = TARGET;
    const AVAILABLE = TARGET + 16;
    driver.device = virtioBlk.create(new FakeEnvironment(), {
      memory: driver.memory,
      backend: {
        sectors: 0x1_0000,
        readSectors(sector) {
          reads++;
          const bytes = new Uint8Array(SECTOR);
          const view = new DataView(bytes.buffer);
          view.setUint32(8, (sector + 1) & 0xffff, true);
          view.setUint16(AVAILABLE - TARGET + 2, (sector + 2) & 0xffff, true);
          return bytes;
        },
        writeSectors: () => false,
      },
    });
    driver.start(1, 1 << 29);
    expect(AVAILABLE).toBe(0x2000);
    driver.descriptor(0, 0, HEADER, 16, 1, 1);
    driver.descriptor(0, 1, TARGET, SECTOR, 3, 2);
    driver.descriptor(0, 2, 0x1_0000, 1, 2, 0);
    driver.memory.view.setUint16(AVAILABLE + 2, 1, true);
    driver.kick(0);
    expect(reads).toBe(driver.size);
    driver.kick(0);
    expect(reads).toBe(2 * driver.size);
  });

  it("an honest ring of as many requests as it holds is served whole, and asks for the next notification", () => {
    const driver = new VirtioDriver();
    let reads = 0;
    driver.device = virtioBlk.create(new FakeEnvironment(), {
      memory: driver.memory,
      backend: {
        sectors: 8,
        readSectors(_, count) {
          reads += count;
          return new Uint8Array(count * SECTOR);
        },
        writeSectors: () => false,
      },
    });
    driver.start(1);
    for (let index = 0; index < driver.size; index++) {
      driver.descriptor(0, index, 0x1_0000, 16, 4, 0);
      driver.offer(0, index);
    }
    // One indirect table for all: header, data, status.
    for (let index = 0; index < driver.size; index++) driver.descriptor(0, index, 0x2_0000, 48, 4, 0);
    driver.descriptor(0, 0, 0x1_0000, 16, 1, 1, 0x2_0000);
    driver.descriptor(0, 1, 0x1_1000, SECTOR, 3, 2, 0x2_0000);
    driver.descriptor(0, 2, 0x1_2000, 1, 2, 0, 0x2_0000);
    driver.kick(0);
    expect([reads, driver.used(0).length, driver.availableEvent]).toEqual([driver.size, driver.size, driver.size]);
  });
});

describe("[pc-devices] hostile fw_cfg DMA", () => {
  const swap = (value: number): number => new DataView(Uint32Array.of(value).buffer).getUint32(0, false);
  const setUp = () => {
    const memory = new FakeMemory(0x4_0000);
    const counting = new CountingMemory(memory);
    const device = fwCfg.create(new FakeEnvironment(), { memory: counting, files: { "opt/x": new Uint8Array(5000) } });
    const go = (at: number): void => {
      device.write(0, 4, swap(Math.floor(at / TWO_32)), 1);
      device.write(4, 4, swap(at % TWO_32), 1);
    };
    return { memory, counting, device, go };
  };

  it("whatever the descriptor says, and wherever it is, one access moves 1 MiB beyond an item's end at most", () => {
    const { memory, counting, device, go } = setUp();
    const place = fc.oneof(fc.nat(0x4_0000), fc.constantFrom(0, 0x3_fff8, TWO_32 - 8, 2 ** 52, 2 ** 63));
    fc.assert(
      fc.property(
        fc.record({
          at: place,
          control: fc.nat(0xffff_ffff),
          length: fc.nat(0xffff_ffff),
          to: place,
          small: fc.boolean(),
        }),
        ({ at, control, length, to, small }) => {
          if (at + 16 <= memory.bytes.length) {
            memory.view.setUint32(at, small ? (control & 0x1f) | (0x20 << 16) : control);
            memory.view.setUint32(at + 4, small ? length & 0xffff : length);
            memory.view.setUint32(at + 8, Math.floor(to / TWO_32));
            memory.view.setUint32(at + 12, to % TWO_32);
          }
          const before = [counting.accesses, counting.bytes] as const;
          go(at);
          expect(counting.accesses - before[0]).toBeLessThan(40);
          expect(counting.bytes - before[1]).toBeLessThan(0x10_0000 + 0x1_0000);
        },
      ),
      { numRuns: 500 },
    );
    device.load(structuredClone(device.save()));
  });

  it("a transfer over its own descriptor is one transfer", () => {
    const { memory, go, counting } = setUp();
    memory.view.setUint32(0x100, (0x19 << 16) | 8 | 2);
    memory.view.setUint32(0x104, 64);
    memory.view.setUint32(0x108, 0);
    memory.view.setUint32(0x10c, 0x100);
    go(0x100);
    expect(counting.accesses).toBe(3);
  });
});
