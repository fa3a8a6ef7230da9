import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { VirtioDriver } from "../../test/virtio-driver.ts";
import type { PciFunction } from "../devices/pci-host.ts";
import { virtioConsole } from "../devices/virtio-console.ts";
import { virtioRng } from "../devices/virtio-rng.ts";

const BUFFER = 0x1_0000;
const EVENT_IDX = 1 << 29;
const INDIRECT = 1 << 28;
const NEEDS_RESET = 0x40;

/** An entropy device is the smallest there is: one queue that it fills with ones. */
const setUp = (without = 0) => {
  const driver = new VirtioDriver();
  const device = virtioRng.create(new FakeEnvironment(), {
    memory: driver.memory,
    sendMsi: driver.sendMsi,
    random: { next: () => 1, save: () => 0, load() {} },
  });
  driver.device = device;
  const levels: boolean[] = [];
  device.config.listener = { decodeChanged: () => undefined, interruptChanged: (level) => levels.push(level) };
  driver.start(1, without);
  return { driver, device, levels };
};
const piece = (length = 4) => ({ at: BUFFER, length, write: true });

describe("[pc-devices] virtio transport (VIRTIO 1.2 §4.1)", () => {
  const capabilities = ({ config }: Pick<PciFunction, "config">): number[][] => {
    const found: number[][] = [];
    for (let at = config.read(0x34, 1); at !== 0; at = config.read(at + 1, 1))
      found.push([config.read(at, 1), config.read(at + 3, 1), config.read(at + 8, 4), config.read(at + 12, 4)]);
    return found;
  };

  it("is found: vendor, device, capabilities of the structures, the window and MSI-X (§4.1.2, §4.1.4)", () => {
    const { device } = setUp();
    expect([device.config.read(0, 4), device.config.read(8, 4)]).toEqual([0x1044_1af4, 0x00ff_0001]);
    expect(capabilities(device).slice(0, 4)).toEqual([
      [9, 1, 0x0000, 0x3c],
      [9, 2, 0x3000, 4],
      [9, 3, 0x1000, 1],
      [9, 5, 0, 0],
    ]);
    expect(capabilities(device)[4]?.[0]).toBe(0x11);
  });

  it("a configuration structure is announced by types that have one, and only by them (§4.1.4.6)", () => {
    const console = virtioConsole.create(new FakeEnvironment());
    expect(capabilities(console)[3]).toEqual([9, 4, 0x2000, 12]);
    expect(capabilities(setUp().device).some(([id, type]) => id === 9 && type === 4)).toBe(false);
  });

  it("features: unknown ones and the lack of VERSION_1 are refused at FEATURES_OK (§3.1.1)", () => {
    const { driver } = setUp();
    const negotiate = (low: number, high: number): number => {
      driver.status = 0;
      driver.status = 3;
      for (const [half, bits] of [low, high].entries()) {
        driver.write(0x08, half);
        driver.write(0x0c, bits);
      }
      driver.status = 0xb;
      return driver.status;
    };
    expect(negotiate(0, 1)).toBe(0xb);
    expect(negotiate(0, 0)).toBe(0x3);
    expect(negotiate(1, 1)).toBe(0x3);
    expect(negotiate(0, 3)).toBe(0x3);
  });

  it("a request goes through the rings; INTx and ISR (§2.7, §4.1.4.5)", () => {
    const { driver, device, levels } = setUp(EVENT_IDX);
    const head = driver.add(0, [piece()]);
    expect(driver.used(0)).toEqual([]);
    driver.kick(0);
    expect([driver.used(0), [...driver.memory.bytes.subarray(BUFFER, BUFFER + 5)]]).toEqual([
      [`${head}/4`],
      [1, 1, 1, 1, 0],
    ]);
    expect([levels, device.config.read(6, 2) & 8, driver.isr, driver.isr, levels]).toEqual([
      [true, false],
      8,
      1,
      0,
      [true, false],
    ]);
  });

  it("MSI-X takes the place of INTx; each queue and the configuration have a vector (§4.1.5.1)", () => {
    const { driver, device, levels } = setUp(EVENT_IDX);
    const msix = device.config.capabilityOffset(4);
    device.config.write(msix + 2, 2, 0x8000);
    for (const entry of [0, 1]) {
      device.write(entry * 16, 4, 0xfee0_0000, 1);
      device.write(entry * 16 + 8, 4, 0x40 + entry, 1);
      device.write(entry * 16 + 12, 4, 0, 1);
    }
    driver.write(0x1a, 1, 2);
    expect(driver.read(0x1a, 2)).toBe(1);
    driver.add(0, [piece()]);
    driver.kick(0);
    expect([driver.messages, levels, driver.isr]).toEqual([["fee00000=41"], [], 0]);
    driver.write(0x1a, 5, 2);
    expect(driver.read(0x1a, 2), "no such vector").toBe(0xffff);
  });

  it("interrupt suppression by flag, and by event index (§2.7.7)", () => {
    const byFlag = setUp(EVENT_IDX);
    byFlag.driver.availableFlags = 1;
    byFlag.driver.add(0, [piece()]);
    byFlag.driver.kick(0);
    expect([byFlag.driver.used(0).length, byFlag.driver.isr]).toEqual([1, 0]);
    const byIndex = setUp();
    byIndex.driver.usedEvent = 1;
    byIndex.driver.add(0, [piece()]);
    byIndex.driver.kick(0);
    expect(byIndex.driver.isr, "the second is the one").toBe(0);
    byIndex.driver.add(0, [piece()]);
    byIndex.driver.kick(0);
    expect([byIndex.driver.isr, byIndex.driver.availableEvent]).toEqual([1, 2]);
  });

  it("indirect descriptors, if negotiated (§2.7.5.3)", () => {
    for (const isOffered of [true, false]) {
      const { driver } = setUp(isOffered ? EVENT_IDX : EVENT_IDX | INDIRECT);
      driver.descriptor(0, 0, BUFFER, 2, 3, 1, 0x2_0000);
      driver.descriptor(0, 1, BUFFER + 2, 2, 2, 0, 0x2_0000);
      driver.descriptor(0, 0, 0x2_0000, 32, 4, 0);
      driver.offer(0, 0);
      driver.kick(0);
      expect([driver.used(0), driver.status & NEEDS_RESET]).toEqual(isOffered ? [["0/4"], 0] : [[], NEEDS_RESET]);
    }
  });

  it.each<[string, (driver: VirtioDriver) => void]>([
    ["a loop", (driver) => driver.descriptor(0, 0, BUFFER, 4, 3, 0)],
    [
      "a loop of two",
      (driver) => {
        driver.descriptor(0, 0, BUFFER, 4, 3, 1);
        driver.descriptor(0, 1, BUFFER, 4, 3, 0);
      },
    ],
    ["a next beyond the table", (driver) => driver.descriptor(0, 0, BUFFER, 4, 3, 8)],
    [
      "a readable piece after a writable one",
      (driver) => {
        driver.descriptor(0, 0, BUFFER, 4, 3, 1);
        driver.descriptor(0, 1, BUFFER, 4, 0, 0);
      },
    ],
    ["an indirect table of odd length", (driver) => driver.descriptor(0, 0, BUFFER, 15, 4, 0)],
    ["an indirect table that goes on", (driver) => driver.descriptor(0, 0, BUFFER, 16, 5, 1)],
    [
      "an indirect table of its own kind",
      (driver) => {
        driver.descriptor(0, 0, 0x2_0000, 16, 4, 0);
        driver.descriptor(0, 0, 0x2_0000, 16, 4, 0, 0x2_0000);
      },
    ],
    ["an indirect table nowhere", (driver) => driver.descriptor(0, 0, 2 ** 60, 16, 4, 0)],
    ["a head beyond the table", (driver) => driver.memory.view.setUint16(0x2004, 99, true)],
    ["more waiting than the ring holds", (driver) => driver.memory.view.setUint16(0x2002, 500, true)],
  ])("breaks on %s and asks for reset (§2.1.1)", (_, ruin) => {
    const { driver } = setUp(EVENT_IDX);
    driver.offer(0, 0);
    ruin(driver);
    driver.kick(0);
    expect([driver.status & NEEDS_RESET, driver.isr & 2, driver.used(0)]).toEqual([NEEDS_RESET, 2, []]);
    driver.kick(0);
    driver.start(1, EVENT_IDX);
    driver.memory.view.setUint16(0x3002, 0, true);
    driver.add(0, [piece()]);
    driver.kick(0);
    expect(driver.used(0), "works after reset").toEqual(["0/4"]);
  });

  it("a buffer that is no memory gets nothing, and nothing happens to the host", () => {
    const { driver } = setUp(EVENT_IDX);
    driver.descriptor(0, 0, 2 ** 63, 4, 2, 0);
    driver.offer(0, 0);
    driver.kick(0);
    expect([driver.used(0), driver.status & NEEDS_RESET]).toEqual([["0/0"], 0]);
  });

  it("without bus mastering, DRIVER_OK or an enabled queue nothing moves", () => {
    const { driver, device } = setUp(EVENT_IDX);
    driver.add(0, [piece()]);
    device.config.write(4, 2, 2);
    driver.kick(0);
    driver.kick(1);
    expect(driver.used(0)).toEqual([]);
    device.config.write(4, 2, 6);
    driver.kick(0);
    expect(driver.used(0)).toHaveLength(1);
  });

  it("queue fields: size is a power of two up to the largest; fixed once enabled; no such queue reads 0 (§4.1.4.3)", () => {
    const { driver } = setUp();
    driver.write(0x18, 4, 2);
    driver.write(0x20, 0xdead_0000);
    expect([driver.read(0x18, 2), driver.read(0x20), driver.read(0x1c, 2), driver.read(0x12, 2)]).toEqual([
      8, 0x1000, 1, 1,
    ]);
    driver.write(0x16, 1, 2);
    expect([driver.read(0x18, 2), driver.read(0x1c, 2), driver.read(0x16, 2)]).toEqual([0, 0, 1]);
    driver.status = 0;
    for (const size of [0, 3, 32]) driver.write(0x18, size, 2);
    expect(driver.read(0x18, 2)).toBe(16);
    driver.write(0x24, 0x8000_0000);
    expect([driver.read(0x24), driver.read(0x26, 2)]).toEqual([0x8000_0000, 0x8000]);
  });

  it("the configuration access capability reaches the registers without memory decoding (§4.1.4.9)", () => {
    const { driver, device } = setUp();
    const at = device.config.capabilityOffset(3);
    const window = (offset: number, length: number): void => {
      device.config.write(at + 4, 1, 0);
      device.config.write(at + 8, 4, offset);
      device.config.write(at + 12, 4, length);
    };
    window(0x12, 2);
    expect(device.config.read(at + 16, 2)).toBe(1);
    window(0x14, 1);
    device.config.write(at + 16, 1, 0);
    expect(driver.status, "status was written").toBe(0);
    window(0x14, 3);
    device.config.write(at + 16, 4, 0xff);
    window(0xffff_fffc, 4);
    device.config.write(at + 16, 4, 0xff);
    expect(driver.status, "no such window").toBe(0);
  });

  it("whatever is in the rings, the host neither throws nor loops", () => {
    const words = fc.array(fc.oneof(fc.nat(0xffff_ffff), fc.nat(16), fc.constantFrom(BUFFER, 0x1000)), {
      maxLength: 32,
    });
    fc.assert(
      fc.property(words, words, fc.nat(0xffff), fc.boolean(), (table, ring, index, eventIndex) => {
        const { driver } = setUp(eventIndex ? 0 : EVENT_IDX);
        for (const [at, word] of table.entries()) driver.memory.view.setUint32(0x1000 + 4 * at, word, true);
        for (const [at, word] of ring.entries()) driver.memory.view.setUint32(0x2000 + 4 * at, word, true);
        driver.memory.view.setUint16(0x2002, index, true);
        driver.kick(0);
        driver.kick(0);
      }),
      { numRuns: 300 },
    );
  });
});
