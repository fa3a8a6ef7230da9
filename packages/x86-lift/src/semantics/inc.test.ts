import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] INC", () => {
  it("inc cx", () => {
    expect(liftText("41", 16)).toMatchInlineSnapshot(`
      "v0 = get.16 cx
      v1 = const.16 0x1
      v2 = add.16 v0 v1
      set.16 cx v2
      flags.16 inc v0 v1 v2
      next"
    `);
  });
});
