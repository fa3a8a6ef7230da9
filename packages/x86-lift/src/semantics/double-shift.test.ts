import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] SHLD, SHRD", () => {
  it("shld eax, edx, 4", () => {
    expect(liftText("0f a4 d0 04")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 edx
      v2 = const.8 0x4
      v3 = const.8 0x1c
      v4 = shl.32 v0 v2
      v5 = shr.32 v1 v3
      v6 = or.32 v4 v5
      set.32 eax v6
      flags.32 shl v0 v2 v6
      next"
    `);
  });
  it("shrd eax, edx, cl", () => {
    expect(liftText("0f ad d0")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 edx
      v2 = get.8 cl
      v3 = const.8 0x1f
      v4 = and.8 v2 v3
      v5 = const.8 0x20
      v6 = sub.8 v5 v4
      v7 = shr.32 v0 v4
      v8 = shl.32 v1 v6
      v9 = or.32 v7 v8
      set.32 eax v9
      flags.32 shr v0 v4 v9
      next"
    `);
  });
  it("shld ax, dx, 20 continues with the first operand", () => {
    expect(liftText("66 0f a4 d0 14")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = get.16 dx
      v2 = const.8 0x4
      v3 = const.8 0xc
      v4 = shl.16 v1 v2
      v5 = shr.16 v0 v3
      v6 = or.16 v4 v5
      set.16 ax v6
      flags.16 shl v1 v2 v6
      next"
    `);
  });
  it("shrd ax, dx, cl", () => {
    expect(liftText("66 0f ad d0")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = get.16 dx
      v2 = get.8 cl
      v3 = const.8 0x1f
      v4 = and.8 v2 v3
      v5 = const.8 0x10
      v6 = ltU.1 v5 v4
      v7 = select.16 v6 v1 v0
      v8 = select.16 v6 v0 v1
      v9 = sub.8 v4 v5
      v10 = select.8 v6 v9 v4
      v11 = const.8 0x10
      v12 = sub.8 v11 v10
      v13 = shr.16 v7 v10
      v14 = shl.16 v8 v12
      v15 = or.16 v13 v14
      set.16 ax v15
      flags.16 shr v7 v10 v15
      next"
    `);
  });
});
