import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] IN, OUT", () => {
  it("in eax, dx", () => {
    expect(liftText("ed")).toMatchInlineSnapshot(`
      "v0 = get.16 dx
      exit io v0 lo=0x4014"
    `);
  });
  it("in al, 0x60", () => {
    expect(liftText("e4 60", 16)).toMatchInlineSnapshot(`
      "v0 = const.16 0x60
      exit io v0 lo=0x1031"
    `);
  });
  it("out dx, ax", () => {
    expect(liftText("66 ef")).toMatchInlineSnapshot(`
      "v0 = get.16 dx
      exit io v0 lo=0x4002"
    `);
  });
  it("out 0x80, al at ring 3 asks the bitmap", () => {
    expect(liftText("e6 80", liftMode(64, { cpl: 3 }))).toMatchInlineSnapshot(`
      "v0 = const.16 0x80
      helper checkIo v0 lo=0x1
      exit io v0 lo=0x4021"
    `);
  });
  it("in al, dx in VM86 mode asks whatever IOPL says", () => {
    expect(
      liftText("ec", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3, iopl: 3 })),
    ).toMatchInlineSnapshot(`
      "v0 = get.16 dx
      helper checkIo v0 lo=0x1
      exit io v0 lo=0x1011"
    `);
  });
});
