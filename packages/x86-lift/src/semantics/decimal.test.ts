import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] DAA … AAD", () => {
  it("daa", () => {
    expect(liftText("27", 32)).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = const.8 0x9
      v2 = const.8 0xf
      v3 = and.8 v0 v2
      v4 = ltU.1 v1 v3
      v5 = getFlag af
      v6 = or.1 v4 v5
      v7 = const.8 0x99
      v8 = ltU.1 v7 v0
      v9 = getFlag cf
      v10 = or.1 v8 v9
      v11 = const.8 0x0
      v12 = const.8 0x6
      v13 = select.8 v6 v12 v11
      v14 = add.8 v0 v13
      v15 = const.8 0x60
      v16 = select.8 v10 v15 v11
      v17 = add.8 v14 v16
      set.8 al v17
      flags.8 logic _ _ v17
      setFlag af v6
      setFlag cf v10
      next"
    `);
  });
  it("das", () => {
    expect(liftText("2f", 32)).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = const.8 0x9
      v2 = const.8 0xf
      v3 = and.8 v0 v2
      v4 = ltU.1 v1 v3
      v5 = getFlag af
      v6 = or.1 v4 v5
      v7 = const.8 0x99
      v8 = ltU.1 v7 v0
      v9 = getFlag cf
      v10 = or.1 v8 v9
      v11 = const.8 0x0
      v12 = const.8 0x6
      v13 = select.8 v6 v12 v11
      v14 = sub.8 v0 v13
      v15 = const.8 0x60
      v16 = select.8 v10 v15 v11
      v17 = sub.8 v14 v16
      v18 = ltU.1 v0 v12
      v19 = and.1 v6 v18
      v20 = or.1 v10 v19
      set.8 al v17
      flags.8 logic _ _ v17
      setFlag af v6
      setFlag cf v20
      next"
    `);
  });
  it("aaa", () => {
    expect(liftText("37", 32)).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = get.8 al
      v2 = const.8 0x9
      v3 = const.8 0xf
      v4 = and.8 v1 v3
      v5 = ltU.1 v2 v4
      v6 = getFlag af
      v7 = or.1 v5 v6
      v8 = const.16 0x106
      v9 = add.16 v0 v8
      v10 = select.16 v7 v9 v0
      v11 = const.16 0xff0f
      v12 = and.16 v10 v11
      set.16 ax v12
      v14 = trunc.8 v12
      flags.8 logic _ _ v14
      setFlag af v7
      setFlag cf v7
      next"
    `);
  });
  it("aam 10", () => {
    expect(liftText("d4 0a", 32)).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = zext.32 v0
      v2 = const.32 0xa
      v3 = remU.32 v1 v2
      v4 = trunc.8 v3
      v5 = divU.32 v1 v2
      v6 = trunc.8 v5
      set.8 ah v6
      set.8 al v4
      flags.8 logic _ _ v4
      next"
    `);
  });
  it("aad 10", () => {
    expect(liftText("d5 0a", 32)).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = get.8 ah
      v2 = const.8 0xa
      v3 = mul.8 v1 v2
      v4 = add.8 v0 v3
      v5 = zext.16 v4
      set.16 ax v5
      flags.8 logic _ _ v4
      next"
    `);
  });

  it.each([["aam 0", "d4 00", 32, "raise #DE"]] as const)("%s", (_, bytes, mode, expected) => {
    expect(liftText(bytes, mode)).toBe(expected);
  });
});
