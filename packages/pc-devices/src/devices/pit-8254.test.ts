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

  it("mode 1: the gate's rising edge starts the one-shot, and starts it again (231244-006, mode 1)", () => {
    const { board, pit, write } = setUp();
    const gate = (level: boolean) => pit.write(0, 1, level ? 1 : 0, 1);
    const output = () => (((pit.read(0, 1, 1) ?? 0) & 0x20) !== 0 ? 1 : 0);
    gate(false);
    write(3, 0xb2);
    write(2, 100);
    write(2, 0);
    expect(output(), "high until triggered").toBe(1);
    gate(true);
    expect(output()).toBe(0);
    board.advance(counts(60));
    gate(false);
    expect(output(), "the gate's level does not matter").toBe(0);
    gate(true);
    board.advance(counts(99));
    expect(output(), "started again").toBe(0);
    board.advance(counts(2));
    expect(output()).toBe(1);
  });

  it("mode 4: one low strobe of one count when the count is over (mode 4, software triggered strobe)", () => {
    const { board, write } = setUp();
    write(3, 0x38);
    write(0, 50);
    write(0, 0);
    board.advance(1_000_000n);
    expect(board.edges.slice(-2)).toEqual([`irq0-@${counts(50)}`, `irq0+@${counts(51)}`]);
  });

  it("mode 5: the strobe comes after the gate's edge (mode 5, hardware triggered strobe)", () => {
    const { board, pit, write } = setUp();
    const output = () => (((pit.read(0, 1, 1) ?? 0) & 0x20) !== 0 ? 1 : 0);
    pit.write(0, 1, 0, 1);
    write(3, 0xba);
    write(2, 10);
    write(2, 0);
    board.advance(counts(100));
    expect(output(), "not triggered").toBe(1);
    pit.write(0, 1, 1, 1);
    board.advance(counts(10));
    expect(output()).toBe(0);
    board.advance(counts(1));
    expect(output()).toBe(1);
  });

  it("a count of 0 is 65,536, in BCD 10,000 (figure: minimum and maximum initial counts)", () => {
    for (const [control, most] of [
      [0x30, 0x1_0000],
      [0x31, 10_000],
    ] as const) {
      const { board, write } = setUp();
      write(3, control);
      write(0, 0);
      write(0, 0);
      board.advance(1_000_000_000n);
      expect(board.edges.at(-1)).toBe(`irq0+@${counts(most)}`);
    }
  });

  it("read-back of status: output, null count, access, mode, BCD; the status comes before a latched count", () => {
    const { board, write, read } = setUp();
    write(3, 0x35);
    // Status of channel 0 only: no count has been loaded (bit 6).
    write(3, 0xe2);
    expect(read(0)).toBe(0x80 | 0x40 | 0x30 | 0x04 | 0x01);
    write(0, 0x00);
    write(0, 0x01);
    board.advance(counts(10));
    write(3, 0xc2);
    expect(read(0)).toBe(0x80 | 0x30 | 0x04 | 0x01);
    // BCD 100 less 10, and what has passed by rounding.
    expect([read(0), read(0)]).toEqual([0x90, 0x00]);
    // Modes 6 and 7 are 2 and 3.
    write(3, 0x3e);
    write(3, 0xe2);
    expect(read(0) & 0x0e).toBe(0x06);
  });
});
