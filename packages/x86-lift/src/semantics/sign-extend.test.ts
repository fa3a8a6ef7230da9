import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] CBW … CQO", () => {
  it("cbw", () => {
    expect(liftText("98", 16)).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = sext.16 v0
      set.16 ax v1
      next"
    `);
  });
  it("cdqe", () => {
    expect(liftText("48 98")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = sext.64 v0
      set.64 rax v1
      next"
    `);
  });
  it("cdq", () => {
    expect(liftText("99")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = const.8 0x1f
      v2 = sar.32 v0 v1
      set.32 edx v2
      next"
    `);
  });
});
