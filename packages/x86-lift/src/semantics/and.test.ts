import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] AND", () => {
  it("and al, 0xf", () => {
    expect(liftText("24 0f")).toMatchInlineSnapshot(`
      "v0 = get.8 al
      v1 = const.8 0xf
      v2 = and.8 v0 v1
      set.8 al v2
      flags.8 logic _ _ v2
      next"
    `);
  });
});
