import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] XGETBV, XSAVE, FXSAVE", () => {
  it("xgetbv", () => {
    expect(liftText("0f 01 d0")).toMatchInlineSnapshot(`
      "v0 = helper.64 readXcr
      v1 = trunc.32 v0
      set.32 eax v1
      v3 = const.8 0x20
      v4 = shr.64 v0 v3
      v5 = trunc.32 v4
      set.32 edx v5
      next"
    `);
  });
  it("xsetbv", () => {
    expect(liftText("0f 01 d1")).toMatchInlineSnapshot(`"exit xsetbv"`);
  });
  it("xsave [rdi]", () => {
    expect(liftText("0f ae 27")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      helper xsave v0 lo=0x3
      next"
    `);
  });
  it("xrstor64 [rdi]", () => {
    expect(liftText("48 0f ae 2f")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      helper xrstor v0 lo=0x103
      nextFresh"
    `);
  });
  it("fxsave64 [rdi]", () => {
    expect(liftText("48 0f ae 07")).toMatchInlineSnapshot(`
      "v0 = get.64 rdi
      helper fxsave v0 lo=0x103
      next"
    `);
  });

  it.each([
    ["xgetbv without CR4.OSXSAVE", "0f 01 d0", liftMode(64, { cr4: { osxsave: false } }), "raise #UD"],
    ["xsave with CR0.TS", "0f ae 27", liftMode(64, { cr0: { ts: true } }), "raise #NM"],
    ["xsaves at ring 3", "0f c7 2f", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
