import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { ACPI_DISABLE, ACPI_ENABLE, type AcpiPmOptions, acpiPm } from "./acpi-pm.ts";

const STATUS = 0;
const ENABLE = 2;
const CONTROL = 4;
const PWRBTN = 0x100;
const SLP_EN = 0x2000;

const setUp = (options: AcpiPmOptions = {}) => {
  const board = new FakeEnvironment();
  const pm = acpiPm.create(board, options);
  const write = (offset: number, value: number, range = 0) => pm.write(offset, 2, value, range);
  const read = (offset: number, range = 0): number => pm.read(offset, 2, range) ?? -1;
  return { board, pm, write, read, sci: () => board.lines.get("sci") ?? false };
};

describe("[pc-devices] ACPI PM1", () => {
  it("power button: status, SCI while enabled, cleared by writing one (ACPI 6.5 §4.8.2.2.1)", () => {
    const { pm, write, read, sci } = setUp();
    pm.pressPowerButton();
    expect([read(STATUS), sci()]).toEqual([PWRBTN, false]);
    write(ENABLE, PWRBTN);
    expect(sci()).toBe(true);
    write(STATUS, 0xfeff);
    expect([read(STATUS), sci()], "other bits do not clear it").toEqual([PWRBTN, true]);
    write(STATUS, PWRBTN);
    expect([read(STATUS), sci()]).toEqual([0, false]);
  });

  it("sleep button and RTC have their own bits (table 4.11)", () => {
    const { pm, read } = setUp();
    pm.pressSleepButton();
    pm.rtcAlarm();
    expect(read(STATUS)).toBe(0x600);
  });

  it("soft off: SLP_TYP of S5 with SLP_EN, and nothing less (§4.8.3.2.1, §16.1)", () => {
    const { board, write, read } = setUp();
    write(CONTROL, 5 << 10);
    expect(board.requests).toEqual([]);
    write(CONTROL, (5 << 10) | SLP_EN);
    expect(board.requests).toEqual([{ kind: "power-off" }]);
    expect(read(CONTROL), "SLP_EN reads as zero, SCI_EN stays").toBe((5 << 10) | 1);
    const other = setUp({ s5Type: 0 });
    other.write(CONTROL, (1 << 10) | SLP_EN);
    expect([other.board.requests, other.read(STATUS)], "another state: awake again").toEqual([[], 0x8000]);
    other.write(CONTROL, SLP_EN);
    expect(other.board.requests).toHaveLength(1);
  });

  it("soft off byte by byte", () => {
    const { board, pm } = setUp();
    pm.write(CONTROL + 1, 1, ((5 << 10) | SLP_EN) >> 8, 0);
    expect(board.requests).toEqual([{ kind: "power-off" }]);
  });

  it("SMI_CMD switches SCI_EN; without it no SCI (FADT ACPI_ENABLE)", () => {
    const { pm, write, read, sci } = setUp({ enabled: false });
    write(ENABLE, PWRBTN);
    pm.pressPowerButton();
    expect([sci(), read(CONTROL)]).toEqual([false, 0]);
    write(CONTROL, 1);
    expect(read(CONTROL), "not by the operating system").toBe(0);
    pm.write(0, 1, ACPI_ENABLE, 2);
    expect([sci(), read(CONTROL)]).toEqual([true, 1]);
    pm.write(0, 1, ACPI_DISABLE, 2);
    expect(sci()).toBe(false);
  });

  it("TMR_STS when the timer's highest bit changes; it wakes only if enabled (§4.8.2.1)", () => {
    const { board, write, read, sci } = setUp({ timerBits: 24 });
    // 2^23 counts of 3.579545 MHz.
    const half = (2n ** 23n * 1_000_000_000n) / 3_579_545n + 1n;
    board.advance(half - 1n);
    expect(read(STATUS)).toBe(0);
    board.advance(1n);
    expect([read(STATUS), sci()]).toEqual([1, false]);
    write(STATUS, 1);
    write(ENABLE, 1);
    board.advance(half);
    expect(sci()).toBe(true);
  });

  it("general-purpose events: status and enable halves of the block (§4.8.4.1)", () => {
    const { pm, write, read, sci } = setUp();
    pm.raiseGpe(3);
    pm.raiseGpe(40);
    expect([read(0, 1), sci()]).toEqual([8, false]);
    write(2, 8, 1);
    expect(sci()).toBe(true);
    write(0, 8, 1);
    expect(sci()).toBe(false);
  });

  it("reserved bits stay zero; a dword spans status and enable", () => {
    const { pm, write, read } = setUp();
    write(ENABLE, 0xffff);
    write(CONTROL, 0xdfff);
    expect([read(ENABLE), read(CONTROL)]).toEqual([0x0721, 0x1c03]);
    pm.pressPowerButton();
    expect(pm.read(STATUS, 4, 0)).toBe(0x0721_0100);
  });
});
