import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";
import { liftMode } from "../mode.ts";

describe("[x86-lift] BSF, BSR, TZCNT, LZCNT", () => {
  it("bsf ecx, eax keeps RCX for zero", () => {
    expect(liftText("0f bc c8")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = const.32 0x0
      v2 = eq.1 v0 v1
      v3 = ctz.32 v0
      v4 = get.64 rcx
      v5 = zext.64 v3
      v6 = select.64 v2 v4 v5
      set.64 rcx v6
      setFlag zf v2
      next"
    `);
  });
  it("bsr cx, ax", () => {
    expect(liftText("66 0f bd c8")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = const.16 0x0
      v2 = eq.1 v0 v1
      v3 = const.16 0xf
      v4 = clz.16 v0
      v5 = sub.16 v3 v4
      v6 = get.16 cx
      v7 = select.16 v2 v6 v5
      set.16 cx v7
      setFlag zf v2
      next"
    `);
  });
  it("tzcnt ecx, eax", () => {
    expect(liftText("f3 0f bc c8")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = ctz.32 v0
      set.32 ecx v1
      v3 = const.32 0x0
      v4 = eq.1 v0 v3
      setFlag cf v4
      v6 = const.32 0x0
      v7 = eq.1 v1 v6
      setFlag zf v7
      next"
    `);
  });
  it("lzcnt rcx, rax", () => {
    expect(liftText("f3 48 0f bd c8")).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = clz.64 v0
      set.64 rcx v1
      v3 = const.64 0x0
      v4 = eq.1 v0 v3
      setFlag cf v4
      v6 = const.64 0x0
      v7 = eq.1 v1 v6
      setFlag zf v7
      next"
    `);
  });
  it("lzcnt without the feature is bsr", () => {
    expect(liftText("f3 48 0f bd c8", liftMode(64, { has: () => false }))).toMatchInlineSnapshot(`
      "v0 = get.64 rax
      v1 = const.64 0x0
      v2 = eq.1 v0 v1
      v3 = const.64 0x3f
      v4 = clz.64 v0
      v5 = sub.64 v3 v4
      v6 = get.64 rcx
      v7 = select.64 v2 v6 v5
      set.64 rcx v7
      setFlag zf v2
      next"
    `);
  });
});
