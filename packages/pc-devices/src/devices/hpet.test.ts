import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { readWide, writeWide } from "../device.ts";
import { HPET_PERIOD_FS, hpet } from "./hpet.ts";

const CONFIG = 0x10;
const STATUS = 0x20;
const COUNTER = 0xf0;
const timer = (n: number): number => 0x100 + 0x20 * n;
const comparator = (n: number): number => 0x108 + 0x20 * n;
const INTERRUPT = 1 << 2;
const PERIODIC = 1 << 3;
const SET_VALUE = 1 << 6;
const MODE_32 = 1 << 8;
const LEVEL = 1 << 1;
const route = (pin: number): number => pin << 9;

const setUp = () => {
  const board = new FakeEnvironment();
  const device = hpet.create(board);
  const write = (register: number, value: number) => device.write(register, 4, value, 0);
  const read = (register: number): number => device.read(register, 4, 0) ?? -1;
  const write64 = (register: number, value: bigint): void =>
    writeWide(device, register, new Uint8Array(BigUint64Array.of(value).buffer), 0, 0x400);
  const read64 = (register: number): bigint =>
    new DataView(readWide(device, register, 8, 0, 0x400).buffer).getBigUint64(0, true);
  /** Times of the rising edges of a pin, in ticks. */
  const ticks = (pin: string): number[] =>
    board.edges.filter((edge) => edge.startsWith(`${pin}+`)).map((edge) => Number(edge.split("@")[1]) / 10);
  return { board, device, read, write, read64, write64, ticks };
};

describe("[pc-devices] HPET", () => {
  it("capabilities: 10 ns, three timers, 64 bits, legacy replacement (§2.3.4)", () => {
    const { read, read64 } = setUp();
    expect(read64(0)).toBe((BigInt(HPET_PERIOD_FS) << 32n) | 0x8086_a201n);
    expect([read(timer(0)), read(timer(0) + 4)]).toEqual([0x30, 0x00f0_0000]);
    expect(read64(comparator(2)), "after RESET all ones (§2.3.9)").toBe(0xffff_ffff_ffff_ffffn);
  });

  it("counts only while enabled; stays where it stopped; 64 bits in one access (§2.3.7)", () => {
    const { board, read64, write, write64 } = setUp();
    board.advance(1000n);
    expect(read64(COUNTER)).toBe(0n);
    write64(COUNTER, 0xffff_fff0n);
    write(CONFIG, 1);
    board.advance(330n);
    expect(read64(COUNTER)).toBe(0x1_0000_0011n);
    write(CONFIG, 0);
    board.advance(1000n);
    expect(read64(COUNTER)).toBe(0x1_0000_0011n);
  });

  it("one-shot interrupts once; a comparator in the past waits for the counter to come round (§2.3.9.2.1)", () => {
    const { board, ticks, write } = setUp();
    write(timer(0), INTERRUPT | route(20));
    write(comparator(0), 100);
    write(comparator(0) + 4, 0);
    write(CONFIG, 1);
    board.advance(10_000n);
    expect(ticks("gsi20")).toEqual([100]);
    write(comparator(0), 500);
    board.advance(100_000_000n);
    expect(ticks("gsi20")).toEqual([100]);
  });

  it("in 32-bit mode it comes round after 2^32 ticks", () => {
    const { board, ticks, write } = setUp();
    write(timer(0), INTERRUPT | MODE_32 | route(20));
    write(comparator(0), 100);
    write(CONFIG, 1);
    board.advance(10n * 2n ** 33n);
    expect(ticks("gsi20")).toEqual([100, 2 ** 32 + 100]);
  });

  it("periodic: first the accumulator by VAL_SET, then the period, as Linux does it (§2.3.9.2.2)", () => {
    const { board, read, ticks, write } = setUp();
    write(timer(0), INTERRUPT | PERIODIC | SET_VALUE | MODE_32 | route(21));
    write(comparator(0), 1000);
    expect(read(timer(0)) & SET_VALUE, "clears itself").toBe(0);
    write(comparator(0), 250);
    write(CONFIG, 1);
    board.advance(18_000n);
    expect(ticks("gsi21")).toEqual([1000, 1250, 1500, 1750]);
    expect(read(comparator(0)), "reads the next match").toBe(2000);
  });

  it("VAL_SET holds for both halves of a 64-bit write", () => {
    const { board, read64, ticks, write, write64 } = setUp();
    write(timer(1), INTERRUPT | PERIODIC | SET_VALUE | route(22));
    write64(comparator(1), 0x300n);
    write64(comparator(1), 0x100n);
    expect(read64(comparator(1))).toBe(0x300n);
    write(CONFIG, 1);
    board.advance(10n * 0x501n);
    expect(ticks("gsi22")).toEqual([0x300, 0x400, 0x500]);
  });

  it("level-triggered: status bit and line stay until written one (§2.3.6)", () => {
    const { board, read, write } = setUp();
    write(timer(2), INTERRUPT | LEVEL | route(23));
    write(comparator(2), 10);
    write(comparator(2) + 4, 0);
    write(CONFIG, 1);
    board.advance(1000n);
    expect([read(STATUS), board.lines.get("gsi23")]).toEqual([4, true]);
    write(STATUS, 3);
    expect(board.lines.get("gsi23"), "other bits do nothing").toBe(true);
    write(STATUS, 4);
    expect([read(STATUS), board.lines.get("gsi23")]).toEqual([0, false]);
  });

  it("legacy replacement: timer 0 is IRQ 0, timer 1 IRQ 8, routes do not matter (§2.3.5)", () => {
    const { board, ticks, write } = setUp();
    for (const n of [0, 1]) {
      write(timer(n), INTERRUPT | route(20));
      write(comparator(n), 100 * (n + 1));
      write(comparator(n) + 4, 0);
    }
    write(CONFIG, 3);
    board.advance(10_000n);
    expect([ticks("irq0"), ticks("irq8"), ticks("gsi20")]).toEqual([[100], [200], []]);
  });

  it("the timer's and the RTC's outputs pass through, until legacy replacement cuts them off", () => {
    const { board, device, write } = setUp();
    device.setInput(0, true);
    device.setInput(8, true);
    device.setInput(8, false);
    expect(board.edges).toEqual(["irq0+@0", "irq8+@0", "irq8-@0"]);
    write(CONFIG, 2);
    expect(board.lines.get("irq0"), "high before, so that the first match would be no edge").toBe(false);
    device.setInput(8, true);
    expect(board.lines.get("irq8")).toBe(false);
    write(CONFIG, 0);
    expect([board.lines.get("irq0"), board.lines.get("irq8")]).toEqual([true, true]);
  });

  it("a timer without interrupt enable drives nothing, and its accumulator goes on", () => {
    const { board, read, write } = setUp();
    write(timer(0), PERIODIC | SET_VALUE | MODE_32);
    write(comparator(0), 100);
    write(comparator(0), 100);
    write(CONFIG, 1);
    board.advance(2505n);
    expect([board.edges, read(comparator(0))]).toEqual([[], 300]);
  });

  it("routes that are not offered do not stick; capabilities cannot be written; FSB is not there", () => {
    const { device, read, write } = setUp();
    write(timer(0), 0xffff_ffff);
    expect(read(timer(0))).toBe(0x17e);
    write(timer(0), route(20));
    expect(read(timer(0))).toBe(0x30 | route(20));
    write(0, 0);
    write(timer(3), 0xffff_ffff);
    expect([read(0), read(timer(3)), read(0x110)]).toEqual([0x8086_a201, 0, 0]);
    device.write(CONFIG, 1, 1, 0);
    expect(read(CONFIG), "bytes are not written (§2.2)").toBe(0);
  });

  it("a period of one tick holds nobody: matches are merged", () => {
    const { board, ticks, write } = setUp();
    write(timer(0), INTERRUPT | PERIODIC | SET_VALUE | MODE_32 | route(20));
    write(comparator(0), 1);
    write(comparator(0), 1);
    write(CONFIG, 1);
    board.advance(1_000_000n);
    expect(ticks("gsi20").length).toBeLessThanOrEqual(1000);
  });
});
