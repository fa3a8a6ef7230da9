import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { keyCodes } from "../ps2/scancodes.ts";
import { i8042 } from "./i8042.ts";

const setUp = () => {
  const board = new FakeEnvironment();
  const device = i8042.create(board);
  const command = (value: number) => device.write(0, 1, value, 1);
  const data = (value: number) => device.write(0, 1, value, 0);
  const status = (): number => device.read(0, 1, 1) ?? -1;
  const take = (): number => device.read(0, 1, 0) ?? -1;
  /** All that is there, with its origin as `m` for the mouse. */
  const drain = (): string[] => {
    const all: string[] = [];
    while ((status() & 1) !== 0 && all.length < 100) {
      const isMouse = (status() & 0x20) !== 0;
      all.push((isMouse ? "m" : "") + take().toString(16).padStart(2, "0"));
    }
    return all;
  };
  const mouse = (...bytes: number[]): void => {
    for (const byte of bytes) {
      command(0xd4);
      data(byte);
    }
  };
  return {
    board,
    device,
    command,
    data,
    status,
    take,
    drain,
    mouse,
    line: (pin: string) => board.lines.get(pin) ?? false,
  };
};

describe("[pc-devices] i8042", () => {
  it("self test, interface tests, no password (controller commands)", () => {
    const { command, drain, status } = setUp();
    expect(status()).toBe(0x14);
    for (const value of [0xaa, 0xab, 0xa9, 0xa4]) command(value);
    expect(drain()).toEqual(["55", "00", "00", "f1"]);
    expect(status() & 8, "the last write was a command").toBe(8);
  });

  it("the command byte and the controller's RAM are read and written", () => {
    const { command, data, drain } = setUp();
    command(0x20);
    command(0x60);
    data(0x65);
    command(0x20);
    command(0x65);
    data(0xa5);
    command(0x25);
    command(0xa7);
    command(0xad);
    command(0x20);
    command(0xa8);
    command(0xae);
    command(0x20);
    expect(drain()).toEqual(["47", "65", "a5", "75", "45"]);
  });

  it("translates set 2 to set 1, make and break and prefixes", () => {
    const { device, drain } = setUp();
    for (const key of ["KeyA", "ArrowUp", "F7", "Enter"]) {
      expect([device.key(key, true), device.key(key, false)]).toEqual([true, true]);
      expect(drain()).toEqual(
        { KeyA: ["1e", "9e"], ArrowUp: ["e0", "48", "e0", "c8"], F7: ["41", "c1"], Enter: ["1c", "9c"] }[key],
      );
    }
    expect([device.key("NoSuchKey", true), drain()]).toEqual([false, []]);
  });

  it("without translation the codes are the keyboard's own", () => {
    const { command, data, device, drain } = setUp();
    command(0x60);
    data(0x07);
    device.key("KeyA", true);
    device.key("KeyA", false);
    device.key("Delete", false);
    expect(drain()).toEqual(["1c", "f0", "1c", "e0", "f0", "71"]);
  });

  it("a keyboard in set 1 sends set 1 itself", () => {
    const { command, data, device, drain } = setUp();
    command(0x60);
    data(0x07);
    data(0xf0);
    data(0x01);
    drain();
    device.key("KeyA", false);
    device.key("ArrowUp", false);
    expect(drain()).toEqual(["9e", "e0", "c8"]);
  });

  it("Pause and Print Screen send their long sequences", () => {
    const { device, drain } = setUp();
    device.key("Pause", true);
    expect(drain()).toEqual(["e1", "1d", "45", "e1", "9d", "c5"]);
    device.key("PrintScreen", true);
    expect(drain()).toEqual(["e0", "2a", "e0", "37"]);
  });

  it("no two keys share a code, all have a set 1 code", () => {
    expect(new Set(keyCodes.values()).size).toBe(keyCodes.size);
  });

  it("interrupt 1 rises for each byte, and follows the enable bit", () => {
    const { board, command, data, device, line, take } = setUp();
    device.key("KeyA", true);
    device.key("KeyB", true);
    expect(line("irq1")).toBe(true);
    take();
    take();
    expect(board.edges).toEqual(["irq1+@0", "irq1-@0", "irq1+@0", "irq1-@0"]);
    command(0x60);
    data(0x46);
    device.key("KeyC", true);
    expect(line("irq1")).toBe(false);
  });

  it("keyboard commands: reset, identify, LEDs, echo, unknown", () => {
    const { data, device, drain } = setUp();
    data(0xff);
    expect(drain()).toEqual(["fa", "aa"]);
    data(0xf2);
    expect(drain(), "0x83 becomes 0x41 behind the translation").toEqual(["fa", "ab", "41"]);
    data(0xed);
    data(0x05);
    data(0xee);
    data(0x01);
    expect([device.leds, drain()]).toEqual([5, ["fa", "fa", "ee", "fe"]]);
  });

  it("disabled scanning or a disabled interface sends nothing", () => {
    const { command, data, device, drain } = setUp();
    command(0xad);
    device.key("KeyA", true);
    expect(drain()).toEqual([]);
    command(0xae);
    expect(drain()).toEqual(["1e"]);
    data(0xf5);
    drain();
    expect([device.key("KeyA", true), drain()]).toEqual([false, []]);
  });

  it("mouse: reset, enable, packets on interrupt 12", () => {
    const { device, drain, line, mouse } = setUp();
    mouse(0xff);
    expect(drain()).toEqual(["mfa", "maa", "m00"]);
    device.moveMouse(5, 5, 0, 0);
    expect(drain(), "not streaming yet").toEqual([]);
    mouse(0xf4);
    expect(line("irq12")).toBe(true);
    drain();
    device.moveMouse(3, -2, 0, 1);
    expect(drain()).toEqual(["m29", "m03", "mfe"]);
    device.moveMouse(300, 0, 0, 0);
    expect(drain(), "more than one packet holds").toEqual(["m08", "mff", "m00", "m08", "m2d", "m00"]);
  });

  it("mouse: the wheel after rates 200, 100, 80; status; resolution", () => {
    const { device, drain, mouse } = setUp();
    mouse(0xf3, 200, 0xf3, 100, 0xf3, 80, 0xf2);
    expect(drain().slice(-2)).toEqual(["mfa", "m03"]);
    mouse(0xe8, 3, 0xf4, 0xe9);
    expect(drain().slice(-4)).toEqual(["mfa", "m20", "m03", "m50"]);
    device.moveMouse(0, 0, -1, 0);
    expect(drain()).toEqual(["m08", "m00", "m00", "mff"]);
    device.signalMouse();
    expect(drain()).toEqual(["m08", "m00", "m00", "m00"]);
  });

  it("A20 and reset: output port, pulses", () => {
    const { board, command, data, drain } = setUp();
    command(0xd1);
    data(0xcd);
    command(0xd0);
    expect(drain(), "bits 4 and 5 follow the output buffer").toEqual(["cd"]);
    command(0xdf);
    expect(board.edges.filter((edge) => edge.startsWith("a20"))).toEqual(["a20-@0", "a20+@0"]);
    command(0xfe);
    command(0xff);
    command(0xd1);
    data(0x02);
    expect(board.requests).toEqual([{ kind: "reset" }, { kind: "reset" }]);
  });

  it("0xd2 and 0xd3 put a byte as if from keyboard or mouse", () => {
    const { command, data, drain } = setUp();
    command(0xd2);
    data(0x11);
    expect(drain()).toEqual(["11"]);
    command(0xd3);
    data(0x22);
    expect(drain()).toEqual(["m22"]);
  });

  it("a guest that never reads: 16 bytes of keys and one overrun code, 64 of motion", () => {
    const { device, drain, mouse } = setUp();
    mouse(0xf4);
    drain();
    for (let i = 0; i < 1000; i++) {
      device.key("KeyA", true);
      device.moveMouse(1, 1, 0, 0);
    }
    const all = drain();
    expect(all.filter((byte) => !byte.startsWith("m")).length).toBeLessThanOrEqual(17);
    expect(all).toContain("ff");
    expect(all.length).toBeLessThanOrEqual(17 + 64);
  });
});
