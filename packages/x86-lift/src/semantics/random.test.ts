import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] RDRAND, RDSEED", () => {
  it("rdrand ax", () => {
    expect(liftText("66 0f c7 f0")).toMatchInlineSnapshot(`
      "v0 = helper.64 random
      v1 = trunc.16 v0
      set.16 ax v1
      v3 = const.64 0x1
      setRflags v3 mask=0x8d5
      next"
    `);
  });
  it("rdseed rax", () => {
    expect(liftText("48 0f c7 f8")).toMatchInlineSnapshot(`
      "v0 = helper.64 random lo=0x1
      set.64 rax v0
      v2 = const.64 0x1
      setRflags v2 mask=0x8d5
      next"
    `);
  });
});
