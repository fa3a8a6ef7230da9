import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { VirtioDriver } from "../../test/virtio-driver.ts";
import { virtioConsole } from "./virtio-console.ts";
import { virtioNet } from "./virtio-net.ts";
import { virtioRng } from "./virtio-rng.ts";

const EVENT_IDX = 1 << 29;
const BUFFER = 0x1_0000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("[pc-devices] virtio-console (VIRTIO 1.2 §5.3)", () => {
  const setUp = (inputLimit?: number) => {
    const driver = new VirtioDriver();
    const board = new FakeEnvironment();
    const device = virtioConsole.create(board, {
      memory: driver.memory,
      ...(inputLimit === undefined ? {} : { inputLimit }),
    });
    driver.device = device;
    driver.start(2, EVENT_IDX);
    return { driver, board, device };
  };

  it("sends, piece by piece, and early by the configuration (§5.3.6)", () => {
    const { driver, board } = setUp();
    driver.put(BUFFER, "hello");
    driver.add(1, [
      { at: BUFFER, length: 2 },
      { at: BUFFER + 2, length: 3 },
    ]);
    driver.kick(1);
    driver.write(0x2008, 0x21);
    expect([String.fromCharCode(...board.outputs), driver.used(1)]).toEqual(["hello!", ["0/0"]]);
  });

  it("input waits for buffers and buffers for input", () => {
    const { driver, device } = setUp();
    expect(device.receive(bytes("abcdef"))).toBe(6);
    driver.add(0, [{ at: BUFFER, length: 4, write: true }]);
    driver.kick(0);
    expect([driver.used(0), driver.text(BUFFER, 4)]).toEqual([["0/4"], "abcd"]);
    driver.add(0, [{ at: BUFFER + 16, length: 16, write: true }]);
    driver.kick(0);
    driver.add(0, [{ at: BUFFER + 32, length: 16, write: true }]);
    driver.kick(0);
    expect([driver.used(0), driver.text(BUFFER + 16, 3)]).toEqual([["0/4", "1/2"], "ef\0"]);
    device.receive(bytes("g"));
    expect(driver.used(0)).toEqual(["0/4", "1/2", "2/1"]);
  });

  it("size and its change (§5.3.4, §5.3.5)", () => {
    const { driver, device } = setUp();
    expect([driver.read(0x2000), driver.read(0x15, 1)]).toEqual([80 | (25 << 16), 0]);
    device.resize(132, 50);
    expect([driver.read(0x2000), driver.read(0x15, 1), driver.isr]).toEqual([132 | (50 << 16), 1, 2]);
  });

  it("keeps so much input and no more", () => {
    const { device } = setUp(10);
    expect([device.receive(new Uint8Array(8)), device.receive(new Uint8Array(8)), device.receive(bytes("x"))]).toEqual([
      8, 2, 0,
    ]);
  });
});

describe("[pc-devices] virtio-rng (VIRTIO 1.2 §5.4)", () => {
  const counter = () => {
    let count = 0;
    return {
      next: () => count++,
      save: () => count,
      load(state: number) {
        count = state;
      },
    };
  };
  const setUp = () => {
    const driver = new VirtioDriver();
    const device = virtioRng.create(new FakeEnvironment(), { memory: driver.memory, random: counter() });
    driver.device = device;
    return { driver, device };
  };

  it("fills with what it is given, 4096 bytes at most", () => {
    const { driver } = setUp();
    driver.start(1, EVENT_IDX);
    driver.add(0, [{ at: BUFFER, length: 64, write: true }]);
    driver.add(0, [{ at: BUFFER + 64, length: 0x8000, write: true }]);
    driver.kick(0);
    expect(driver.used(0)).toEqual(["0/64", "1/4096"]);
    const given = driver.memory.bytes.subarray(BUFFER, BUFFER + 64 + 4096);
    expect([...given]).toEqual(Array.from({ length: 64 + 4096 }, (_, n) => n & 0xff));
  });

  it("goes on where it was saved", () => {
    const { driver, device } = setUp();
    driver.start(1, EVENT_IDX);
    driver.add(0, [{ at: BUFFER, length: 16, write: true }]);
    driver.kick(0);
    const state = structuredClone(device.save());
    const { device: other } = setUp();
    other.load(state);
    expect(other.save()).toEqual(state);
    expect(state.random).toBe(16);
  });
});

describe("[pc-devices] virtio-net (VIRTIO 1.2 §5.1)", () => {
  const setUp = () => {
    const driver = new VirtioDriver();
    const sent: Uint8Array[] = [];
    const device = virtioNet.create(new FakeEnvironment(), {
      memory: driver.memory,
      mac: Uint8Array.of(2, 0, 0, 0, 0, 7),
      transmit: (frame) => sent.push(frame),
    });
    driver.device = device;
    driver.start(2, EVENT_IDX);
    return { driver, device, sent };
  };
  const frame = Uint8Array.from({ length: 60 }, (_, at) => at);

  it("configuration: MAC and link (§5.1.4)", () => {
    const { driver, device } = setUp();
    expect([0, 1, 2, 3, 4, 5, 6].map((offset) => driver.configByte(offset))).toEqual([2, 0, 0, 0, 0, 7, 1]);
    device.setLink(false);
    expect([driver.configByte(6), driver.isr]).toEqual([0, 2]);
  });

  it("sends frames without their 12-byte header; too short or too long ones are dropped (§5.1.6.2)", () => {
    const { driver, sent } = setUp();
    driver.put(BUFFER + 12, frame);
    driver.add(1, [
      { at: BUFFER, length: 12 },
      { at: BUFFER + 12, length: 60 },
    ]);
    driver.add(1, [{ at: BUFFER, length: 20 }]);
    driver.add(1, [{ at: BUFFER, length: 0xffff_ffff }]);
    driver.kick(1);
    expect([sent, driver.used(1)]).toEqual([[frame], ["0/0", "2/0", "3/0"]]);
  });

  it("receives with a header that says one buffer (§5.1.6.3)", () => {
    const { driver, device } = setUp();
    driver.put(BUFFER, new Uint8Array(100).fill(0xee));
    driver.add(0, [{ at: BUFFER, length: 1530, write: true }]);
    driver.kick(0);
    expect(device.receive(frame)).toBe(true);
    expect([driver.used(0), [...driver.memory.bytes.subarray(BUFFER, BUFFER + 14)]]).toEqual([
      ["0/72"],
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1],
    ]);
  });

  it("frames wait for buffers, 256 at most; none with the link down or without a driver", () => {
    const { driver, device } = setUp();
    const taken = Array.from({ length: 300 }, () => device.receive(frame)).filter(Boolean).length;
    expect(taken).toBe(256);
    driver.add(0, [{ at: BUFFER, length: 1530, write: true }]);
    driver.kick(0);
    expect([driver.used(0), device.receive(new Uint8Array(13)), device.receive(new Uint8Array(1519))]).toEqual([
      ["0/72"],
      false,
      false,
    ]);
    device.setLink(false);
    expect(device.receive(frame)).toBe(false);
    device.setLink(true);
    driver.status = 0;
    expect(device.receive(frame)).toBe(false);
  });

  it("a buffer that is too small loses the frame, not the host", () => {
    const { driver, device } = setUp();
    driver.add(0, [{ at: BUFFER, length: 20, write: true }]);
    device.receive(frame);
    expect(driver.used(0)).toEqual(["0/0"]);
  });
});
