import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { VirtioDriver } from "../../test/virtio-driver.ts";
import { type BlockBackend, virtioBlk } from "./virtio-blk.ts";

const HEADER = 0x1_0000;
const DATA = 0x1_1000;
const STATUS = 0x1_f000;
const EVENT_IDX = 1 << 29;

const setUp = (options: Partial<BlockBackend> = {}) => {
  const disk = new Uint8Array(16 * 512);
  disk.forEach((_, at) => {
    disk[at] = (at >> 9) + 0x41;
  });
  const calls: string[] = [];
  const backend: BlockBackend = {
    sectors: 16,
    readSectors: (sector, count) => disk.slice(sector * 512, (sector + count) * 512),
    writeSectors(sector, bytes) {
      calls.push(`write ${sector}+${bytes.length}`);
      disk.set(bytes, sector * 512);
      return true;
    },
    flush: () => {
      calls.push("flush");
      return true;
    },
    ...options,
  };
  const driver = new VirtioDriver();
  driver.device = virtioBlk.create(new FakeEnvironment(), { memory: driver.memory, backend, serial: "disk-0001" });
  driver.start(1, EVENT_IDX);
  /** One request; returns status byte and bytes reported as written. */
  const request = (type: number, sector: number, data: { length: number; write?: boolean }[] = []): string => {
    driver.memory.view.setUint32(HEADER, type, true);
    driver.memory.view.setUint32(HEADER + 8, sector % 2 ** 32, true);
    driver.memory.view.setUint32(HEADER + 12, Math.floor(sector / 2 ** 32), true);
    driver.memory.bytes[STATUS] = 0xee;
    let at = DATA;
    const pieces = data.map(({ length, write = false }) => {
      const piece = { at, length, write };
      at += length;
      return piece;
    });
    const before = driver.used(0).length;
    driver.add(0, [{ at: HEADER, length: 16 }, ...pieces, { at: STATUS, length: 1, write: true }]);
    driver.kick(0);
    const last = driver.used(0)[before];
    return `${driver.memory.bytes[STATUS]} ${last?.split("/")[1]}`;
  };
  return { driver, disk, calls, request };
};

describe("[pc-devices] virtio-blk (VIRTIO 1.2 §5.2)", () => {
  it("configuration: capacity, segments, block size (§5.2.4)", () => {
    const { driver } = setUp();
    const u32 = (offset: number): number => driver.read(0x2000 + offset);
    expect([u32(0), u32(4), u32(12), u32(20)]).toEqual([16, 0, 126, 512]);
    driver.write(0x00, 0);
    expect(driver.read(0x04) & 0xff_ffff).toBe((1 << 2) | (1 << 6) | (1 << 9));
  });

  it("reads into pieces of any size; the length counts the status byte (§5.2.6)", () => {
    const { driver, request } = setUp();
    expect(
      request(0, 3, [
        { length: 100, write: true },
        { length: 924, write: true },
      ]),
    ).toBe("0 1025");
    expect([driver.text(DATA, 2), driver.text(DATA + 511, 2), driver.text(DATA + 1023, 1)]).toEqual(["DD", "DE", "E"]);
  });

  it("writes, flushes, gives its serial", () => {
    const { driver, disk, calls, request } = setUp();
    driver.put(DATA, "x".repeat(512));
    expect(request(1, 5, [{ length: 512 }])).toBe("0 1");
    expect(String.fromCharCode(disk[5 * 512] as number, disk[6 * 512] as number)).toBe("xG");
    expect(request(4, 0)).toBe("0 1");
    expect(calls).toEqual(["write 5+512", "flush"]);
    expect(setUp().request(8, 0, [{ length: 20, write: true }])).toBe("0 21");
    request(8, 0, [{ length: 20, write: true }]);
    expect(driver.text(DATA, 11)).toBe("disk-0001\0\0");
  });

  it("beyond the end, odd lengths, backend errors: IOERR and the disk untouched (§5.2.6.2)", () => {
    const { calls, request } = setUp();
    expect(request(0, 16, [{ length: 512, write: true }])).toBe("1 1");
    expect(request(0, 2 ** 63, [{ length: 512, write: true }])).toBe("1 1");
    expect(setUp().request(0, 0, [{ length: 100, write: true }])).toBe("1 1");
    expect(setUp().request(1, 15, [{ length: 1024 }])).toBe("1 1");
    expect(setUp({ readSectors: () => undefined }).request(0, 0, [{ length: 512, write: true }])).toBe("1 1");
    expect(setUp({ writeSectors: () => false }).request(1, 0, [{ length: 512 }])).toBe("1 1");
    expect(calls).toEqual([]);
  });

  it("unknown requests: UNSUPP", () => {
    const { request } = setUp();
    expect([request(99, 0), request(11, 0, [{ length: 16 }])]).toEqual(["2 1", "2 1"]);
  });

  it("a read-only disk says so and refuses writes (§5.2.3)", () => {
    const { driver, calls, request } = setUp({ readOnly: true, discard: () => true });
    driver.write(0x00, 0);
    expect(driver.read(0x04) & ((1 << 5) | (1 << 13))).toBe(1 << 5);
    expect([request(1, 0, [{ length: 512 }]), calls]).toEqual(["1 1", []]);
  });

  it("discard, where the backend can", () => {
    const discarded: string[] = [];
    const { driver, request } = setUp({
      discard: (sector, count) => {
        discarded.push(`${sector}+${count}`);
        return true;
      },
    });
    driver.memory.view.setUint32(DATA, 4, true);
    driver.memory.view.setUint32(DATA + 8, 8, true);
    expect(request(11, 0, [{ length: 16 }])).toBe("0 1");
    driver.memory.view.setUint32(DATA + 8, 13, true);
    expect(request(11, 0, [{ length: 16 }]), "one too many").toBe("1 1");
    expect(discarded).toEqual(["4+8"]);
  });

  it("a request of gigabytes is refused, one without a status has no answer", () => {
    const { driver, request } = setUp();
    expect(request(0, 0, [{ length: 0xffff_fe00, write: true }])).toMatch(/^1 /);
    const bare = setUp();
    bare.driver.add(0, [{ at: HEADER, length: 16 }]);
    bare.driver.kick(0);
    expect([bare.driver.used(0), driver.status & 0x40]).toEqual([["0/0"], 0]);
  });
});
