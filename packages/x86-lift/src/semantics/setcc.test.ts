import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] SETcc", () => {
  it("setg al", () => {
    expect(liftText("0f 9f c0")).toMatchInlineSnapshot(`
      "v0 = cond g
      v1 = zext.8 v0
      set.8 al v1
      next"
    `);
  });
});
