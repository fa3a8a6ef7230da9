import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] LAR, LSL, VERR, VERW, ARPL", () => {
  it("lar eax, cx", () => {
    expect(liftText("0f 02 c1", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      v1 = helper.32 accessRights v0
      v2 = getFlag zf
      v3 = zext.64 v1
      v4 = get.64 rax
      v5 = select.64 v2 v3 v4
      set.64 rax v5
      next"
    `);
  });
  it("lsl ax, cx", () => {
    expect(liftText("66 0f 03 c1", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      v1 = helper.32 segmentLimit v0
      v2 = getFlag zf
      v3 = trunc.16 v1
      v4 = get.16 ax
      v5 = select.16 v2 v3 v4
      set.16 ax v5
      next"
    `);
  });
  it("verw cx", () => {
    expect(liftText("0f 00 e9", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      helper verifySegment v0 lo=0x1
      next"
    `);
  });
  it("arpl ax, cx", () => {
    expect(liftText("63 c8", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = get.16 cx
      v2 = const.16 0x3
      v3 = and.16 v1 v2
      v4 = and.16 v0 v2
      v5 = ltU.1 v4 v3
      v6 = const.16 0xfffc
      v7 = and.16 v0 v6
      v8 = or.16 v7 v3
      v9 = select.16 v5 v8 v0
      set.16 ax v9
      setFlag zf v5
      next"
    `);
  });

  it.each([
    ["arpl in VM86 mode", "63 c8", liftMode(16, { protectedMode: true, virtual8086: true, cpl: 3 }), "raise #UD"],
    ["verr in real mode", "0f 00 e1", 16, "raise #UD"],
  ] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
