import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] MUL", () => {
  it("mul cl", () => {
    expect(liftText("f6 e1")).toMatchInlineSnapshot(`
      "v0 = get.8 cl
      v1 = get.8 al
      v2 = zext.16 v1
      v3 = zext.16 v0
      v4 = mul.16 v2 v3
      v5 = const.16 0xff
      v6 = ltU.1 v5 v4
      set.16 ax v4
      v8 = trunc.8 v4
      flags.8 mul v6 _ v8
      next"
    `);
  });
  it("mul rcx", () => {
    expect(liftText("48 f7 e1")).toMatchInlineSnapshot(`
      "v0 = get.64 rcx
      v1 = get.64 rax
      v2 = mul.64 v1 v0
      v3 = mulHighU.64 v1 v0
      set.64 rax v2
      set.64 rdx v3
      v6 = const.64 0x0
      v7 = ne.1 v3 v6
      flags.64 mul v7 _ v2
      next"
    `);
  });
});
