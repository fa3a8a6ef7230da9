import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] RCL, RCR", () => {
  it("rcl al, 10 rotates nine bits by 1", () => {
    expect(liftText("c0 d0 0a")).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = getFlag cf
      v2 = const.8 0x1
      v3 = const.8 0x0
      v4 = const.8 0x7
      v5 = const.8 0x8
      v6 = zext.8 v1
      v7 = shl.8 v6 v3
      v8 = shl.8 v0 v2
      v9 = or.8 v8 v7
      v10 = shr.8 v0 v5
      v11 = or.8 v9 v10
      v12 = shr.8 v0 v4
      v13 = trunc.1 v12
      set.8 al v11
      setFlag cf v13
      v16 = const.8 0x7
      v17 = shr.8 v11 v16
      v18 = trunc.1 v17
      v19 = xor.1 v18 v13
      setFlag of v19
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
      v9 = const.8 0x1
      v10 = sub.8 v8 v9
      v11 = const.8 0x10
      v12 = sub.8 v11 v8
      v13 = const.8 0x11
      v14 = sub.8 v13 v8
      v15 = zext.16 v1
      v16 = shl.16 v15 v12
      v17 = shr.16 v0 v8
      v18 = or.16 v17 v16
      v19 = shl.16 v0 v14
      v20 = or.16 v18 v19
      v21 = shr.16 v0 v10
      v22 = trunc.1 v21
      v23 = const.8 0x0
      v24 = eq.1 v8 v23
      v25 = getFlag of
      v26 = const.8 0xf
      v27 = shr.16 v20 v26
      v28 = trunc.1 v27
      v29 = const.8 0xe
      v30 = shr.16 v20 v29
      v31 = trunc.1 v30
      v32 = xor.1 v28 v31
      v33 = select.1 v24 v25 v32
      set.16 ax v20
      v35 = select.1 v24 v1 v22
      setFlag cf v35
      setFlag of v33
      next"
    `);
  });
  it("rcr rax, 1", () => {
    expect(liftText("48 d1 d8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = getFlag cf
      v2 = const.8 0x1
      v3 = const.8 0x0
      v4 = const.8 0x3f
      v5 = const.8 0x40
      v6 = zext.64 v1
      v7 = shl.64 v6 v4
      v8 = shr.64 v0 v2
      v9 = or.64 v8 v7
      v10 = shl.64 v0 v5
      v11 = or.64 v9 v10
      v12 = shr.64 v0 v3
      v13 = trunc.1 v12
      set.64 rax v11
      setFlag cf v13
      v16 = const.8 0x3f
      v17 = shr.64 v11 v16
      v18 = trunc.1 v17
      v19 = const.8 0x3e
      v20 = shr.64 v11 v19
      v21 = trunc.1 v20
      v22 = xor.1 v18 v21
      setFlag of v22
      next"
    `);
  });
});
