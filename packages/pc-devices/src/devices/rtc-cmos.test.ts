import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { civilToSeconds, rtcCmos, secondsToCivil } from "./rtc-cmos.ts";

/** 2014-09-24 13:45:58 UTC, a Wednesday. */
const SEED_MAIL = 1_411_566_358n * 1_000_000_000n;

const setUp = (unixTimeNs = SEED_MAIL, memory: Record<number, number> = {}) => {
  const board = new FakeEnvironment(unixTimeNs);
  const rtc = rtcCmos.create(board, { memory });
  const read = (index: number): number => {
    rtc.write(0, 1, index, 0);
    return rtc.read(1, 1, 0) ?? -1;
  };
  const write = (index: number, value: number): void => {
    rtc.write(0, 1, index, 0);
    rtc.write(1, 1, value, 0);
  };
  return { board, rtc, read, write };
};
const SECOND = 1_000_000_000n;

describe("[pc-devices] RTC and CMOS (Motorola MC146818A: time, calendar and alarm locations, update cycle, registers A–D)", () => {
  it("tells the date in BCD, 24 hours", () => {
    const { read } = setUp();
    expect([0x32, 9, 8, 7, 6, 4, 2, 0].map((index) => read(index).toString(16))).toEqual([
      "20",
      "14",
      "9",
      "24",
      "4",
      "13",
      "45",
      "58",
    ]);
  });

  it("in binary and 12 hours if asked", () => {
    const { read, write } = setUp();
    write(0x0b, 0x04);
    expect([read(4), read(2), read(0)]).toEqual([0x81, 45, 58]);
    write(0x0b, 0x06);
    expect(read(4)).toBe(13);
  });

  it("goes on with virtual time, over the turn of the year", () => {
    const { board, read } = setUp(1_419_983_998n * SECOND);
    expect(read(9)).toBe(0x14);
    board.advance(86_402n * SECOND);
    expect([9, 8, 7, 4, 2, 0].map(read)).toEqual([0x15, 0x01, 0x01, 0, 0, 0]);
  });

  it("can be set, and keeps what was set", () => {
    const { board, read, write } = setUp();
    write(0x0b, 0x82);
    for (const [index, value] of [
      [0x32, 0x19],
      [9, 0x99],
      [8, 0x12],
      [7, 0x31],
      [4, 0x23],
      [2, 0x59],
      [0, 0x58],
    ] as const) {
      write(index, value);
    }
    board.advance(10n * SECOND);
    expect(read(0), "SET stops the clock").toBe(0x58);
    write(0x0b, 0x02);
    board.advance(2n * SECOND);
    expect([0x32, 9, 8, 7, 4, 2, 0].map(read)).toEqual([0x20, 0x00, 0x01, 0x01, 0, 0, 0]);
  });

  it("periodic interrupt: 1,024 Hz by default rate 6; reading C clears it", () => {
    const { board, read, write } = setUp();
    write(0x0b, 0x42);
    board.advance(976_563n);
    expect(board.lines.get("irq8")).toBe(true);
    expect(read(0x0c)).toBe(0xc0);
    expect([board.lines.get("irq8"), read(0x0c)], "cleared by reading").toEqual([false, 0]);
    board.advance(976_563n);
    expect(board.lines.get("irq8")).toBe(true);
  });

  it("update-ended interrupt comes once a second", () => {
    const { board, read, write } = setUp();
    write(0x0a, 0x20);
    write(0x0b, 0x12);
    board.advance(SECOND);
    expect(read(0x0c)).toBe(0x90);
    board.advance(SECOND - 1n);
    expect(read(0x0c)).toBe(0);
    board.advance(1n);
    expect(read(0x0c)).toBe(0x90);
  });

  it("alarm at a time, with bytes that match anything", () => {
    const { board, read, write } = setUp();
    write(1, 0x05);
    write(3, 0xff);
    write(5, 0xc0);
    write(0x0b, 0x22);
    board.advance(6n * SECOND);
    expect(board.lines.get("irq8") ?? false).toBe(false);
    board.advance(SECOND);
    expect(board.edges).toEqual([`irq8+@${7n * SECOND}`]);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
  });

  it("flags come whether enabled or not, and raise nothing by themselves (MC146818A, register C)", () => {
    const { board, read, write } = setUp();
    write(1, 0x05);
    write(3, 0x46);
    write(5, 0xff);
    board.advance(7n * SECOND);
    expect([read(0x0c), read(0x0c)], "no IRQF").toEqual([0x70, 0]);
    expect(board.edges).toEqual([]);
    board.advance(400n * 86_400n * SECOND);
    expect(read(0x0c), "a year of seconds costs no more than a day").toBe(0x70);
    board.advance(122_070n);
    expect(read(0x0c)).toBe(0);
  });

  it("an alarm in 12-hour format distinguishes morning and afternoon", () => {
    const { board, read, write } = setUp();
    write(0x0b, 0x00);
    write(1, 0x00);
    write(3, 0x00);
    write(5, 0x82);
    write(0x0b, 0x20);
    board.advance(842n * SECOND - 1n);
    expect(board.edges, "13:45:58 plus 14:02 is 2 p.m.").toEqual([]);
    board.advance(1n);
    expect(board.edges).toHaveLength(1);
    expect(read(0x0c) & 0xa0).toBe(0xa0);
    board.advance(43_200n * SECOND);
    expect(board.edges, "not at 2 a.m.").toHaveLength(2);
  });

  it("update in progress shows in the last 244 µs of a second", () => {
    const { board, read } = setUp();
    expect(read(0x0a)).toBe(0x26);
    board.advance(SECOND - 244_000n);
    expect(read(0x0a)).toBe(0xa6);
  });

  it("memory: given contents, writable, D says that the battery is good", () => {
    const { read, write } = setUp(0n, { 21: 0x80, 22: 0x02 });
    expect([read(0x15), read(0x16), read(0x0d)]).toEqual([0x80, 0x02, 0x80]);
    write(0x40, 0xa5);
    expect([read(0x40), read(0xc0), "bit 7 of the index masks NMI"].slice(0, 2)).toEqual([0xa5, 0xa5]);
  });

  it("dates agree with the platform's calendar", () => {
    fc.assert(
      fc.property(fc.integer({ min: -2_000_000_000, max: 100_000_000_000 }), (seconds) => {
        const date = new Date(seconds * 1000);
        const civil = secondsToCivil(BigInt(seconds));
        expect(civil).toEqual({
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
          weekday: date.getUTCDay() + 1,
          hours: date.getUTCHours(),
          minutes: date.getUTCMinutes(),
          seconds: date.getUTCSeconds(),
        });
        expect(civilToSeconds(civil)).toBe(BigInt(seconds));
      }),
    );
  });

  it.each([
    [1, 3_906_250n],
    [2, 7_812_500n],
    [3, 122_070n],
    [6, 976_562n],
    [10, 15_625_000n],
    [15, 500_000_000n],
  ])("rate selector %d: a period of %d ns (table of periodic interrupt rates)", (rate, ns) => {
    const { board, read, write } = setUp();
    write(0x0a, 0x20 | rate);
    write(0x0b, 0x42);
    board.advance(ns - 1n);
    expect(read(0x0c)).toBe(0);
    board.advance(1n);
    expect(read(0x0c)).toBe(0xc0);
  });

  it("rate selector 0: none (table of periodic interrupt rates)", () => {
    const { board, read, write } = setUp();
    write(0x0a, 0x20);
    write(0x0b, 0x42);
    board.advance(2n * SECOND);
    expect(read(0x0c) & 0x40).toBe(0);
  });

  it("SET stops the update: no UIP, no update flag, and clears UIE (register B, bit 7)", () => {
    const { board, read, write } = setUp();
    write(0x0b, 0x12);
    write(0x0b, 0x92);
    expect(read(0x0b) & 0x10).toBe(0);
    read(0x0c);
    board.advance(SECOND - 100_000n);
    expect(read(0x0a) & 0x80).toBe(0);
    board.advance(SECOND);
    expect([read(0x0c) & 0x10, read(0)]).toEqual([0, 0x58]);
  });

  it("UIP cannot be written, register C and D neither (registers A, C, D)", () => {
    const { read, write } = setUp();
    write(0x0a, 0xa6);
    write(0x0c, 0xff);
    write(0x0d, 0x00);
    expect([read(0x0a), read(0x0c), read(0x0d)]).toEqual([0x26, 0, 0x80]);
  });

  it.each([
    [0, 0x12],
    [1, 0x01],
    [11, 0x11],
    [12, 0x92],
    [13, 0x81],
    [23, 0x91],
  ])("%d o'clock in 12-hour BCD is 0x%s (time, calendar and alarm data modes)", (hour, shown) => {
    const { read, write } = setUp(BigInt(hour) * 3600n * SECOND);
    write(0x0b, 0x00);
    expect(read(4)).toBe(shown);
  });
});
