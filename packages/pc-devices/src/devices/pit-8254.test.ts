import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { pit8254 } from "./pit-8254.ts";

const setUp = () => {
  const board = new FakeEnvironment();
  const pit = pit8254.create(board);
  const write = (register: number, value: number) => pit.write(register, 1, value, 0);
  const read = (register: number) => pit.read(register, 1, 0) ?? -1;
  return { board, pit, write, read };
};
/** 1,193,182 counts are one second. */
const counts = (n: number): bigint => (BigInt(n) * 1_000_000_000n + 1_193_181n) / 1_193_182n;

describe("[pc-devices] 8254 (Intel 231244-006: control word, counter latch and read-back commands, mode definitions)", () => {
  it("mode 2, 100 Hz: one pulse each 11,932 counts", () => {
    const { board, write } = setUp();
    write(3, 0x34);
    write(0, 11_932 & 0xff);
    write(0, 11_932 >> 8);
    board.advance(1_000_000_000n);
    const rising = board.edges.filter((edge) => edge.startsWith("irq0+"));
    // The line starts high; 1,193,182 / 11,932 = 99.998.
    expect(rising).toHaveLength(100);
    const [, first, second] = rising.map((edge) => BigInt(edge.split("@")[1] ?? ""));
    expect(first).toBe(counts(11_932));
    expect(second).toBe(counts(2 * 11_932));
  });

  it("mode 0: the output rises once, when the count is over", () => {
    const { board, write } = setUp();
    write(3, 0x30);
    expect(board.lines.get("irq0")).toBe(false);
    write(0, 100);
    write(0, 0);
    board.advance(1_000_000n);
    expect(board.edges.at(-1)).toBe(`irq0+@${counts(100)}`);
  });

  it("mode 3 is high for half of the time", () => {
    const { board, write } = setUp();
    write(3, 0x36);
    write(0, 0xe8);
    write(0, 0x03);
    board.advance(counts(2000));
    const times = board.edges.map((edge) => edge.replace("irq0", ""));
    expect(times.slice(-4)).toEqual([
      `-@${counts(500)}`,
      `+@${counts(1000)}`,
      `-@${counts(1500)}`,
      `+@${counts(2000)}`,
    ]);
  });

  it("counts down; the latch holds while counting goes on", () => {
    const { board, write, read } = setUp();
    write(3, 0x34);
    write(0, 0);
    write(0, 0);
    board.advance(counts(0x1234));
    write(3, 0x00);
    board.advance(counts(0x100));
    expect(read(0) | (read(0) << 8)).toBe(0x10000 - 0x1234);
    expect(read(0) | (read(0) << 8)).toBeLessThanOrEqual(0x10000 - 0x1334);
  });

  it("read-back gives status, then count", () => {
    const { write, read } = setUp();
    write(3, 0xb0);
    write(2, 0x34);
    write(2, 0x12);
    write(3, 0xc8);
    // Gate 2 is low: output low in mode 0, count not yet taken over, access 3, mode 0.
    expect(read(2)).toBe(0x70);
    expect([read(2), read(2)]).toEqual([0x34, 0x12]);
  });

  it("BCD counts in decimal", () => {
    const { board, write, read } = setUp();
    write(3, 0x35);
    write(0, 0x00);
    write(0, 0x10);
    board.advance(counts(1));
    write(3, 0x00);
    expect([read(0), read(0)]).toEqual([0x99, 0x09]);
  });

  it("port 0x61 gates channel 2 and shows its output: how TSC frequencies are measured", () => {
    const { board, pit, write } = setUp();
    pit.write(0, 1, 0x00, 1);
    write(3, 0xb0);
    write(2, 11_931 & 0xff);
    write(2, 11_931 >> 8);
    board.advance(20_000_000n);
    expect(pit.read(0, 1, 1)! & 0x21, "closed gate, nothing counts").toBe(0);
    pit.write(0, 1, 0x01, 1);
    board.advance(counts(11_930));
    expect(pit.read(0, 1, 1)! & 0x21).toBe(0x01);
    board.advance(counts(1));
    expect(pit.read(0, 1, 1)! & 0x21).toBe(0x21);
  });

  it("the refresh bit toggles every 18 counts", () => {
    const { board, pit } = setUp();
    const before = pit.read(0, 1, 1)! & 0x10;
    board.advance(counts(18));
    expect(pit.read(0, 1, 1)! & 0x10).not.toBe(before);
  });

  it("an unprogrammed timer arms nothing", () => {
    const { board } = setUp();
    board.advance(10_000_000_000n);
    expect(board.edges.filter((edge) => !edge.endsWith("@0"))).toEqual([]);
  });
});
