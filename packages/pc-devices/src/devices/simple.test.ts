import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { debugcon } from "./debugcon.ts";
import { isaDebugExit } from "./isa-debug-exit.ts";
import { pmTimer } from "./pm-timer.ts";
import { port92 } from "./port92.ts";
import { resetControl } from "./reset-control.ts";

describe("[pc-devices] the small ones", () => {
  it("debugcon: out, and 0xe9 in", () => {
    const board = new FakeEnvironment();
    const device = debugcon.create(board);
    device.write(0, 1, 0x41, 0);
    expect([board.outputs, device.read(0, 1, 0)]).toEqual([[0x41], 0xe9]);
    expect(debugcon.create(board, { readback: 0 }).read(0, 1, 0)).toBe(0);
  });

  it("isa-debug-exit passes the value on", () => {
    const board = new FakeEnvironment();
    isaDebugExit.create(board).write(0, 4, 0x1234_5678, 0);
    expect(board.requests).toEqual([{ kind: "exit", value: 0x1234_5678 }]);
  });

  it("port 0x92: A20 follows bit 1, bit 0 resets once per edge", () => {
    const board = new FakeEnvironment();
    const device = port92.create(board);
    device.write(0, 1, 0x00, 0);
    device.write(0, 1, 0x02, 0);
    expect(board.edges).toEqual(["a20-@0", "a20+@0"]);
    device.write(0, 1, 0x03, 0);
    device.write(0, 1, 0x03, 0);
    expect(board.requests).toEqual([{ kind: "reset" }]);
    expect(device.read(0, 1, 0)).toBe(0x02);
  });

  it("0xcf9: the rising edge of bit 2 resets, bit 1 alone does not", () => {
    const board = new FakeEnvironment();
    const device = resetControl.create(board);
    device.write(0, 1, 0x02, 0);
    expect(board.requests).toEqual([]);
    device.write(0, 1, 0x06, 0);
    expect(board.requests).toEqual([{ kind: "reset" }]);
    expect(device.read(0, 1, 0)).toBe(0x06);
  });

  it("PM timer: 3.579545 MHz, 24 or 32 bits, byte by byte", () => {
    const board = new FakeEnvironment();
    const [wide, narrow] = [pmTimer.create(board), pmTimer.create(board, { bits: 24 })];
    board.advance(10_000_000_000n);
    expect(wide.read(0, 4, 0)).toBe(35_795_450);
    expect(narrow.read(0, 4, 0)).toBe(35_795_450 % 2 ** 24);
    expect([0, 1, 2, 3].map((offset) => wide.read(offset, 1, 0))).toEqual([0xfa, 0x31, 0x22, 0x02]);
  });

  it("PM timer: comes round after 2^24 or 2^32 ticks (ACPI 6.5 §4.8.2.1)", () => {
    for (const bits of [24, 32] as const) {
      const board = new FakeEnvironment();
      const timer = pmTimer.create(board, { bits });
      const whole = (2n ** BigInt(bits) * 1_000_000_000n) / 3_579_545n;
      board.advance(whole);
      expect(timer.read(0, 4, 0)).toBe(2 ** bits - 1);
      board.advance(1000n);
      expect(timer.read(0, 4, 0)).toBeLessThan(4);
    }
  });
});
