import { describe, expect, it } from "vitest";
import { FakeEnvironment } from "../../test/fake-environment.ts";
import { codePage437, createFont } from "../vga/font.ts";
import { vga } from "./vga.ts";

const TEXT = 0x1_8000;
const setUp = (videoMemory?: number) => {
  const board = new FakeEnvironment();
  const device = vga.create(board, videoMemory === undefined ? {} : { videoMemory });
  const out = (port: number, value: number): void => void device.write(port - 0x3b0, 1, value, 0);
  const inb = (port: number): number => device.read(port - 0x3b0, 1, 0) ?? -1;
  const index = (port: number, register: number, value: number): void => {
    out(port, register);
    out(port + 1, value);
  };
  const print = (row: number, column: number, text: string, attribute = 0x07): void => {
    [...text].forEach((char, at) => {
      const cell = char.charCodeAt(0) | (attribute << 8);
      device.write(TEXT + (row * 80 + column + at) * 2, 2, cell, 2);
    });
  };
  const dispi = (register: number, value: number): void => {
    device.write(0, 2, register, 1);
    device.write(1, 2, value, 1);
  };
  const pixel = (x: number, y: number): string => {
    const { width, pixels } = device.render();
    return [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)].join();
  };
  return { board, device, out, inb, index, print, dispi, pixel };
};
/** Mode 12h and 13h: what differs from mode 3 (PS/2 reference, video mode register tables). */
const planar = [
  0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0x0b, 0x3e, 0, 0x40, 0, 0, 0, 0, 0, 0, 0xea, 0x0c, 0xdf, 0x28, 0, 0xe7, 4, 0xe3,
];
const chained = [
  0x5f, 0x4f, 0x50, 0x82, 0x54, 0x80, 0xbf, 0x1f, 0, 0x41, 0, 0, 0, 0, 0, 0, 0x9c, 0x0e, 0x8f, 0x28, 0x40, 0x96, 0xb9,
  0xa3,
];

describe("[pc-devices] VGA", () => {
  it("text mode after RESET: 80 by 25 of spaces, 720 by 400 pixels", () => {
    const { device } = setUp();
    expect(device.text()).toEqual(Array(25).fill(""));
    const { width, height, pixels } = device.render();
    expect([width, height, pixels.length]).toEqual([720, 400, 720 * 400 * 4]);
  });

  it("shows what is written at 0xb8000, colours by attribute (attribute controller, palette)", () => {
    const { device, print, pixel } = setUp();
    print(0, 0, "Hello");
    print(24, 78, "ok");
    print(1, 0, "\u00db\u00db", 0x1e);
    expect([device.text()[0], device.text()[24]]).toEqual(["Hello", `${" ".repeat(78)}ok`]);
    expect([pixel(0, 16), pixel(8, 16)], "yellow block, ninth column too").toEqual([
      "255,255,85,255",
      "255,255,85,255",
    ]);
    print(1, 0, " ", 0x1e);
    expect(pixel(0, 16), "blue background").toBe("0,0,170,255");
    expect(device.read(TEXT + 160, 4, 2)).toBe(0x1edb_1e20);
  });

  it("brown is the sixth colour, not dark yellow", () => {
    const { print, pixel } = setUp();
    print(0, 1, "\u00db", 0x06);
    expect(pixel(9, 0)).toBe("170,85,0,255");
  });

  it("start address scrolls; the cursor has its place and its shape (CRT controller 0x0a–0x0f)", () => {
    const { device, index, print, pixel } = setUp();
    print(3, 0, "down");
    index(0x3d4, 0x0d, 80 * 3);
    expect(device.text()[0]).toBe("down");
    index(0x3d4, 0x0d, 0);
    index(0x3d4, 0x0f, 2);
    expect([pixel(18, 12), pixel(18, 13), pixel(18, 14), pixel(18, 15)]).toEqual([
      "0,0,0,255",
      "170,170,170,255",
      "170,170,170,255",
      "0,0,0,255",
    ]);
    index(0x3d4, 0x0a, 0x2d);
    expect(pixel(18, 13), "switched off").toBe("0,0,0,255");
  });

  it("blinking turned off gives sixteen backgrounds (mode control bit 3)", () => {
    const { inb, out, print, pixel } = setUp();
    print(0, 0, " ", 0xf0);
    inb(0x3da);
    out(0x3c0, 0x30);
    out(0x3c0, 0x0c);
    expect(pixel(0, 0)).toBe("170,170,170,255");
    out(0x3c0, 0x30);
    out(0x3c0, 0x04);
    expect(pixel(0, 0)).toBe("255,255,255,255");
  });

  it("a guest's font is loaded into plane 2 (map mask, sequential addressing)", () => {
    const { device, index, print, pixel } = setUp();
    print(0, 0, "A");
    index(0x3c4, 2, 4);
    index(0x3c4, 4, 6);
    index(0x3ce, 6, 0);
    for (let row = 0; row < 16; row++) device.write(0x41 * 32 + row, 1, 0x80, 2);
    index(0x3c4, 2, 3);
    index(0x3c4, 4, 2);
    index(0x3ce, 6, 0x0e);
    expect([pixel(0, 0), pixel(0, 15), pixel(1, 0)]).toEqual(["170,170,170,255", "170,170,170,255", "0,0,0,255"]);
    expect(device.text()[0]).toBe("A");
  });

  it("16 colours in planes: set/reset, bit mask, latches (graphics controller)", () => {
    const { device, index, pixel } = setUp();
    for (const [register, value] of planar.entries()) index(0x3d4, register, value);
    index(0x3d4, 0x11, 0);
    for (const [register, value] of planar.entries()) index(0x3d4, register, value);
    for (const [register, value] of [
      [0, 0x0c],
      [1, 0x0f],
      [5, 0],
      [6, 5],
      [8, 0x40],
    ] as const)
      index(0x3ce, register, value);
    index(0x3c4, 2, 0x0f);
    index(0x3c4, 4, 0x06);
    index(0x3c4, 1, 1);
    device.write(0, 1, 0, 2);
    expect([device.render().width, device.render().height]).toEqual([640, 480]);
    device.read(0, 1, 2);
    index(0x3ce, 8, 0x02);
    device.write(0, 1, 0, 2);
    expect([0, 1, 6].map((x) => pixel(x, 0))).toEqual(["0,0,0,255", "255,85,85,255", "255,85,85,255"]);
    index(0x3ce, 5, 8);
    index(0x3ce, 2, 0x0c);
    index(0x3ce, 7, 0x0f);
    expect(device.read(0, 1, 2), "read mode 1 compares").toBe(0x42);
    expect(device.text()).toEqual([]);
  });

  it("256 colours, four planes chained (mode 13h)", () => {
    const { device, index, out, pixel } = setUp();
    index(0x3d4, 0x11, 0);
    for (const [register, value] of chained.entries()) index(0x3d4, register, value);
    index(0x3ce, 5, 0x40);
    index(0x3ce, 6, 0x05);
    index(0x3c4, 2, 0x0f);
    index(0x3c4, 4, 0x0e);
    out(0x3c8, 200);
    for (const part of [63, 0, 21]) out(0x3c9, part);
    device.write(321, 1, 200, 2);
    const { width, height } = device.render();
    expect([width, height, pixel(1, 1), device.read(321, 1, 2)]).toEqual([320, 200, "255,0,85,255", 200]);
  });

  it("registers read back; CRT registers 0–7 are protected by bit 7 of 0x11", () => {
    const { inb, index, out } = setUp();
    index(0x3d4, 0x00, 0);
    expect(inb(0x3d5)).toBe(0x5f);
    index(0x3d4, 0x0c, 0x12);
    expect(inb(0x3d5)).toBe(0x12);
    index(0x3ce, 8, 0x55);
    expect([inb(0x3ce), inb(0x3cf), inb(0x3cc)]).toEqual([8, 0x55, 0x67]);
    out(0x3c7, 7);
    expect([inb(0x3c9), inb(0x3c9), inb(0x3c9), inb(0x3c7)]).toEqual([0x2a, 0x2a, 0x2a, 3]);
    out(0x3c2, 0x66);
    expect([inb(0x3d4), inb(0x3b4)], "monochrome addresses").toEqual([0xff, 0x0c]);
  });

  it("input status 1 shows the retrace and resets the attribute flip-flop", () => {
    const { board, inb, out } = setUp();
    expect(inb(0x3da)).toBe(0);
    board.advance(13_000_000n);
    expect(inb(0x3da)).toBe(9);
    out(0x3c0, 0x31);
    inb(0x3da);
    out(0x3c0, 0x32);
    expect(inb(0x3c0)).toBe(0x32);
  });

  it("a linear framebuffer set up by Bochs's interface, in every depth (DISPI)", () => {
    const { device, dispi, pixel } = setUp(0x10_0000);
    device.write(0, 2, 0, 1);
    expect(device.read(1, 2, 1)).toBe(0xb0c5);
    for (const [written, shown] of [
      [0xb0c0, 0xb0c0],
      [0xb0c6, 0xb0c0],
      [0xb0c4, 0xb0c4],
    ] as const) {
      dispi(0, written);
      device.write(0, 2, 0, 1);
      expect(device.read(1, 2, 1), "an interface that knows this version").toBe(shown);
    }
    const mode = (bits: number): void => {
      dispi(4, 0);
      dispi(1, 320);
      dispi(2, 200);
      dispi(3, bits);
      dispi(4, 0x41);
    };
    for (const [bits, at, value, shown] of [
      [32, (320 + 1) * 4, 0x0011_2233, "17,34,51,255"],
      [24, (320 + 1) * 3, 0x0011_2233, "17,34,51,255"],
      [16, (320 + 1) * 2, 0xf81f, "255,0,255,255"],
      [15, (320 + 1) * 2, 0x7c1f, "255,0,255,255"],
      [8, 320 + 1, 0x02, "0,170,0,255"],
    ] as const) {
      mode(bits);
      device.write(at, 4, value, 3);
      expect([device.render().width, pixel(1, 1)], `${bits}`).toEqual([320, shown]);
    }
    dispi(6, 640);
    dispi(9, 1);
    device.write(640, 1, 4, 3);
    expect(pixel(0, 0), "virtual width and offset").toBe("170,0,0,255");
    expect(device.config.read(0x10, 4)).toBe(8);
  });

  it("its PCI command register switches ports and memory (PCI 3.0 table 6-1)", () => {
    const { device } = setUp(0x10_0000);
    device.config.write(4, 2, 0x0003);
    expect(device.config.read(4, 2)).toBe(3);
  });

  it("modes that do not fit the memory are not set; without memory there is no interface", () => {
    const { device, dispi } = setUp(0x10_0000);
    dispi(1, 2560);
    dispi(2, 1600);
    dispi(3, 32);
    dispi(4, 0x41);
    device.write(0, 2, 4, 1);
    expect([device.read(1, 2, 1), device.render().width]).toEqual([0, 720]);
    dispi(1, 0xffff);
    dispi(3, 7);
    device.write(0, 2, 3, 1);
    expect(device.read(1, 2, 1)).toBe(32);
    const none = setUp();
    none.device.write(0, 2, 0, 1);
    expect(none.device.read(1, 2, 1)).toBe(0xffff);
  });

  it("saved with its pictures", () => {
    const { device, print, dispi } = setUp(0x10_0000);
    print(0, 0, "saved");
    const other = setUp(0x10_0000);
    other.device.load(structuredClone(device.save()));
    expect(other.device.text()[0]).toBe("saved");
    for (const [register, value] of [
      [1, 64],
      [2, 4],
      [3, 32],
      [4, 0x41],
    ] as const)
      dispi(register, value);
    device.write(0x10, 4, 0x00ff_ffff, 3);
    other.device.load(structuredClone(device.save()));
    expect(Buffer.compare(other.device.render().pixels, device.render().pixels)).toBe(0);
  });
});

describe("[pc-devices] the character set", () => {
  const font = createFont();
  const cell = (code: number): string => Buffer.from(font.subarray(code * 16, code * 16 + 16)).toString("hex");

  it("256 characters; letters differ from each other; line graphics meet their neighbours", () => {
    expect([font.length, codePage437.length]).toEqual([4096, 256]);
    const letters = Array.from({ length: 0x5f }, (_, index) => cell(0x20 + index));
    expect(new Set(letters).size).toBe(0x5f);
    const row = (code: number, y: number): number => font[code * 16 + y] as number;
    expect([row(0xc4, 7), row(0xcd, 6), row(0xcd, 8), row(0xdb, 0)]).toEqual([0xff, 0xff, 0xff, 0xff]);
    expect([row(0xb3, 0), row(0xb3, 15), row(0xda, 0), row(0xda, 15)]).toEqual([0x08, 0x08, 0, 0x08]);
    expect([codePage437[0xda], codePage437[0xdb], codePage437[0x41], codePage437[0x7e]]).toEqual(["┌", "█", "A", "~"]);
  });

  it("A is an A", () => {
    const picture = Array.from({ length: 16 }, (_, y) =>
      (font[0x41 * 16 + y] as number).toString(2).padStart(8, "0").replaceAll("0", ".").replaceAll("1", "#"),
    );
    expect(picture).toEqual([
      "........",
      ".#####..",
      ...Array(4).fill("#.....#."),
      "#######.",
      ...Array(5).fill("#.....#."),
      ...Array(4).fill("........"),
    ]);
  });
});
