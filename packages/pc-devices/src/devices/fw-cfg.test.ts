import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { FakeMemory } from "../../test/fake-memory.ts";
import { fwCfg } from "./fw-cfg.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const setUp = () => {
  const memory = new FakeMemory();
  const files = { "opt/b": bytes("second file"), "etc/a": bytes("first") };
  const device = fwCfg.create(new FakeEnvironment(), { memory, files, items: { 5: Uint8Array.of(2, 0) } });
  const item = (key: number, length: number): string => {
    device.write(0, 2, key, 0);
    return String.fromCharCode(...Array.from({ length }, () => device.read(1, 1, 0) ?? -1));
  };
  /** Starts a DMA with its descriptor at 0x100; returns the control word afterwards. */
  const dma = (control: number, length: number, address: number): number => {
    for (const [at, value] of [
      [0x100, control],
      [0x104, length],
      [0x108, 0],
      [0x10c, address],
    ] as const) {
      memory.view.setUint32(at, value);
    }
    device.write(0, 4, 0, 1);
    device.write(4, 4, 0x0001_0000, 1);
    return memory.view.getUint32(0x100);
  };
  const text = (at: number, length: number): string => String.fromCharCode(...memory.bytes.subarray(at, at + length));
  return { device, memory, item, dma, text };
};

describe("[pc-devices] fw_cfg", () => {
  it("signature, features and items; beyond the end come zeros (fw_cfg.rst, data register)", () => {
    const { item } = setUp();
    expect(item(0, 6)).toBe("QEMU\0\0");
    expect(item(1, 4)).toBe("\x03\0\0\0");
    expect(item(5, 2)).toBe("\x02\0");
    expect(item(0x7fff, 2), "no such item").toBe("\0\0");
  });

  it("the directory: big-endian, by name, 64 bytes an entry (file directory)", () => {
    const { item } = setUp();
    expect(item(0x19, 4)).toBe("\0\0\0\x02");
    const entries = item(0x19, 132).slice(4);
    expect(entries.slice(0, 14)).toBe("\0\0\0\x05\0\x20\0\0etc/a\0");
    expect(entries.slice(64, 78)).toBe("\0\0\0\x0b\0\x21\0\0opt/b\0");
    expect(item(0x20, 5)).toBe("first");
  });

  it("DMA: select and read, go on, skip (guest-side DMA interface)", () => {
    const { device, dma, text } = setUp();
    expect([device.read(0, 4, 1), device.read(4, 4, 1)]).toEqual([0x554d_4551, 0x4746_4320]);
    expect([dma(0x0021_000a, 6, 0x200), text(0x200, 6)]).toEqual([0, "second"]);
    expect(dma(0x0000_0004, 1, 0)).toBe(0);
    expect([dma(0x0000_0002, 4, 0x300), text(0x300, 4)]).toEqual([0, "file"]);
  });

  it("DMA to nowhere, writes and absurd lengths end in the error bit", () => {
    const { device, dma, memory } = setUp();
    expect(dma(0x0020_000a, 5, 0x0fff_0000)).toBe(1);
    expect(dma(0x0020_000a, 0xffff_ffff, 0x200)).toBe(1);
    expect(dma(0x0020_0018, 5, 0x200)).toBe(1);
    const before = memory.bytes.slice();
    device.write(0, 4, 0xffff_ffff, 1);
    device.write(4, 4, 0xffff_ffff, 1);
    expect(
      memory.bytes.every((byte, index) => byte === before[index]),
      "a descriptor that is not there",
    ).toBe(true);
  });

  it("only the widths that the device has", () => {
    const { device } = setUp();
    expect([
      device.read(0, 2, 0),
      device.write(0, 1, 0, 0),
      device.write(1, 1, 0, 0),
      device.write(4, 1, 0, 1),
    ]).toEqual([undefined, false, false, false]);
  });

  it("a file name that does not fit is a mistake of the host", () => {
    const name = "x".repeat(56);
    expect(() => fwCfg.create(new FakeEnvironment(), { files: { [name]: bytes("") } })).toThrow(
      "expected at most 55 printable ASCII characters",
    );
  });
});
