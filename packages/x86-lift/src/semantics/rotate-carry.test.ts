import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] RCL, RCR", () => {
  it("rcl al, 10 rotates nine bits by 1", () => {
    expect(liftText("c0 d0 0a")).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = getFlag cf
      v2 = const.8 0x1
      v3 = const.8 0x1
      v4 = const.8 0x0
      v5 = zext.8 v1
      v6 = shl.8 v5 v4
      v7 = shl.8 v0 v2
      v8 = or.8 v7 v6
      v9 = const.8 0x8
      v10 = shr.8 v0 v9
      v11 = or.8 v8 v10
      v12 = const.8 0x7
      v13 = shr.8 v0 v12
      v14 = trunc.1 v13
      v15 = const.8 0x7
      v16 = shr.8 v11 v15
      v17 = trunc.1 v16
      v18 = xor.1 v17 v14
      set.8 al v11
      setFlag cf v14
      setFlag of v18
      next"
    `);
  });
  it("rcl al, 9 changes nothing but is written", () => {
    expect(liftText("c0 d0 09")).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = getFlag cf
      set.8 al v0
      next"
    `);
  });
  it("rcr ax, cl: the count modulo 17", () => {
    expect(liftText("66 d3 d8")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = getFlag cf
      v2 = get.8 cl
      v3 = const.8 0x1f
      v4 = and.8 v2 v3
      v5 = zext.32 v4
      v6 = const.32 0x11
      v7 = remU.32 v5 v6
      v8 = trunc.8 v7
      v9 = const.8 0x8
      v10 = const.8 0x1
      v11 = const.8 0x7
      v12 = zext.16 v1
      v13 = const.8 0x8
      v14 = shl.16 v12 v13
      v15 = shr.16 v0 v9
      v16 = or.16 v15 v14
      v17 = const.8 0x9
      v18 = shl.16 v0 v17
      v19 = or.16 v16 v18
      v20 = shr.16 v0 v11
      v21 = trunc.1 v20
      v22 = const.8 0xf
      v23 = shr.16 v19 v22
      v24 = trunc.1 v23
      v25 = const.8 0xe
      v26 = shr.16 v19 v25
      v27 = trunc.1 v26
      v28 = xor.1 v24 v27
      set.16 ax v19
      setFlag cf v21
      setFlag of v28
      next"
    `);
  });
  it("rcr rax, 1", () => {
    expect(liftText("48 d1 d8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = getFlag cf
      v2 = const.8 0x1
      v3 = const.8 0x1
      v4 = const.8 0x0
      v5 = zext.64 v1
      v6 = const.8 0x3f
      v7 = shl.64 v5 v6
      v8 = shr.64 v0 v2
      v9 = or.64 v8 v7
      v10 = const.8 0x40
      v11 = shl.64 v0 v10
      v12 = or.64 v9 v11
      v13 = shr.64 v0 v4
      v14 = trunc.1 v13
      v15 = const.8 0x3f
      v16 = shr.64 v12 v15
      v17 = trunc.1 v16
      v18 = const.8 0x3e
      v19 = shr.64 v12 v18
      v20 = trunc.1 v19
      v21 = xor.1 v17 v20
      set.64 rax v12
      setFlag cf v14
      setFlag of v21
      next"
    `);
  });
});
