import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] LGDT … STR", () => {
  it("lgdt [rax]", () => {
    expect(liftText("0f 01 10")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      helper loadTable v0 lo=0x4003
      nextFresh"
    `);
  });
  it("lidt [bx] loads 24 bits", () => {
    expect(liftText("0f 01 1f", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 bx
      v1 = ea.16 v0
      helper loadTable v1 lo=0x1803 hi=0x1
      nextFresh"
    `);
  });
  it("sgdt [eax]", () => {
    expect(liftText("0f 01 00", 32)).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = ea.32 v0
      helper storeTable v1 lo=0x2003
      next"
    `);
  });
  it("ltr ax", () => {
    expect(liftText("0f 00 d8")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      helper loadTaskRegister v0
      nextFresh"
    `);
  });
  it("sldt eax", () => {
    expect(liftText("0f 00 c0", 32)).toMatchInlineSnapshot(`
      "v0 = helper.16 readSelector lo=0x7
      v1 = zext.32 v0
      set.32 eax v1
      next"
    `);
  });
  it("str [rax]", () => {
    expect(liftText("0f 00 08")).toMatchInlineSnapshot(`
      "v0 = helper.16 readSelector lo=0x6
      v1 = get.64 rax
      store.16 ds:v1 v0
      next"
    `);
  });

  it.each([
    ["lgdt at ring 3", "0f 01 10", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
    ["sgdt at ring 3 with UMIP", "0f 01 00", liftMode(64, { cpl: 3, cr4: { umip: true } }), "raise #GP(0)"],
    ["sldt in real mode", "0f 00 c0", 16, "raise #UD"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
