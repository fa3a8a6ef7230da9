import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] RDFSBASE … SWAPGS", () => {
  it("rdfsbase rax", () => {
    expect(liftText("f3 48 0f ae c0")).toMatchInlineSnapshot(`
      "v0 = getField.64 fsBase
      set.64 rax v0
      next"
    `);
  });
  it("wrgsbase rax", () => {
    expect(liftText("f3 48 0f ae d8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      checkTarget v0
      setField.64 gsBase v0
      next"
    `);
  });
  it("wrfsbase eax", () => {
    expect(liftText("f3 0f ae d0")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = zext.64 v0
      setField.64 fsBase v1
      next"
    `);
  });
  it("swapgs", () => {
    expect(liftText("0f 01 f8")).toMatchInlineSnapshot(`
      "v0 = getField.64 gsBase
      v1 = getField.64 kernelGsBase
      setField.64 gsBase v1
      setField.64 kernelGsBase v0
      next"
    `);
  });

  it.each([
    ["rdgsbase without CR4.FSGSBASE", "f3 0f ae c8", liftMode(64, { cr4: { fsgsbase: false } }), "raise #UD"],
    ["swapgs at ring 3", "0f 01 f8", liftMode(64, { cpl: 3 }), "raise #GP(0)"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
