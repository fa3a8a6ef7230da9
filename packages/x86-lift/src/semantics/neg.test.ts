import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] NEG", () => {
  it("neg ax", () => {
    expect(liftText("66 f7 d8")).toMatchInlineSnapshot(`
      "v0 = get.16 ax
      v1 = const.16 0x0
      v2 = sub.16 v1 v0
      set.16 ax v2
      flags.16 sub v1 v0 v2
      next"
    `);
  });
});
