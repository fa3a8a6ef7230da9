import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] SBB", () => {
  it("sbb eax, eax", () => {
    expect(liftText("19 c0")).toMatchInlineSnapshot(`
      "v0 = get.32 eax
      v1 = get.32 eax
      v2 = sub.32 v0 v1
      v3 = getFlag cf
      v4 = zext.32 v3
      v5 = sub.32 v2 v4
      set.32 eax v5
      flags.32 sub v0 v1 v5
      next"
    `);
  });
});
